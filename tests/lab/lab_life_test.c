/* The life of a lab: it begins quickly, leaves nothing behind however it ends, and says why it cannot begin.
 */
#include "tests/support/cmocka_all.h"

#include <dirent.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "lab_session.h"

static int count_entries(const char *path)
{
    int count = 0;
    DIR *directory = opendir(path);
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

static void test_twenty_times(void **state)
{
    struct clock clock = clock_monotonic();
    int fds = count_entries("/proc/self/fd");
    int64_t starting_ns = 0, longest_ns = 0, stopping_ns = 0;
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct reader reader;
        int64_t before_ns = clock_now_ns(&clock);
        begin(&reader);
        int64_t took_ns = clock_now_ns(&clock) - before_ns;
        starting_ns += took_ns;
        longest_ns = took_ns > longest_ns ? took_ns : longest_ns;
        start_on(&reader, i % 2, "sleep", "");
        before_ns = clock_now_ns(&clock);
        end(&reader);
        stopping_ns += clock_now_ns(&clock) - before_ns;
    }
    print_message("           lab_start() takes %.1f ms, %.1f ms at most; lab_stop() %.1f ms\n",
                  (double)starting_ns / 20e6, (double)longest_ns / 1e6, (double)stopping_ns / 20e6);
    assert_int_equal(count_entries("/proc/self/fd"), fds);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

/* How many processes there are in this network namespace, as far as we may know. */
static int processes_in(const char *network)
{
    char path[64], link[64];
    int count = 0;
    struct dirent *entry;
    DIR *directory = opendir("/proc");
    while ((entry = readdir(directory)) != NULL) {
        snprintf(path, sizeof path, "/proc/%.20s/ns/net", entry->d_name);
        ssize_t length = readlink(path, link, sizeof link - 1);
        if (length > 0)
            link[length] = '\0';
        count += length > 0 && strcmp(link, network) == 0;
    }
    closedir(directory);
    return count;
}

/* Waits up to two seconds until all our children, and those that were left to us, are gone. */
static bool all_children_end(void)
{
    for (int i = 0; i < 200; i++) {
        while (waitpid(-1, NULL, WNOHANG) > 0)
            continue;
        if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD)
            return true;
        nap_ms(10);
    }
    return false;
}

struct victims {
    pid_t pids[2];
    char networks[2][64];
};

static _Noreturn void hold_a_lab(int tell_fd)
{
    struct reader reader;
    struct victims victims = {0};
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* should the test fail before it kills us */
    begin(&reader);
    for (int i = 0; i < 2; i++) {
        char path[64];
        victims.pids[i] = start_on(&reader, i, "sleep", "");
        snprintf(path, sizeof path, "/proc/%d/ns/net", victims.pids[i]);
        (void)!readlink(path, victims.networks[i], sizeof victims.networks[i] - 1);
    }
    reader_wait_lines(&reader, "asleep", 2);
    (void)!write(tell_fd, &victims, sizeof victims);
    pause();
    _exit(0);
}

static void test_parent_is_killed(void **state)
{
    int tell[2];
    struct victims victims;
    (void)state;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    assert_int_equal(pipe(tell), 0);
    pid_t holder = fork();
    if (holder == 0)
        hold_a_lab(tell[1]);
    assert_int_equal(read(tell[0], &victims, sizeof victims), sizeof victims);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(kill(victims.pids[i], 0), 0);
        assert_int_equal(processes_in(victims.networks[i]), 2); /* the program and the child it forked */
    }
    kill(holder, SIGKILL);
    assert_true(all_children_end());
    for (int i = 0; i < 2; i++) {
        assert_int_equal(kill(victims.pids[i], 0), -1);
        assert_int_equal(processes_in(victims.networks[i]), 0);
    }
    close(tell[0]);
    close(tell[1]);
}

static void test_parent_is_killed_while_starting(void **state)
{
    unsigned seed = (unsigned)time(NULL);
    (void)state;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    print_message("           seed %u\n", seed);
    for (int i = 0; i < 25; i++) {
        pid_t holder = fork();
        if (holder == 0)
            hold_a_lab(STDIN_FILENO);
        struct timespec moment = {.tv_nsec = rand_r(&seed) % 90000000};
        nanosleep(&moment, NULL);
        kill(holder, SIGKILL);
        assert_true(all_children_end());
    }
}

static void test_lab_dies(void **state)
{
    struct reader reader;
    struct err err = {{0}};
    const char *argv[] = {"true", NULL};
    struct lab_program program = {.host = 0, .lane = "client", .argv = argv};
    char byte;
    (void)state;
    begin(&reader);
    pid_t pid = start_on(&reader, 0, "sleep", "");
    reader_drain(&reader);
    assert_int_equal(reader.told.items[0].kind, RECORD_PROCESS);
    kill(reader.told.items[0].process.parent, SIGKILL);
    struct pollfd fd = {.fd = lab_doorbell_fd(reader.lab), .events = POLLIN};
    assert_int_equal(poll(&fd, 1, 2000), 1);
    while (read(fd.fd, &byte, 1) == 1)
        continue;
    for (int i = 0; i < 100 && lab_alive(reader.lab); i++)
        nap_ms(10);
    assert_false(lab_alive(reader.lab));
    for (int i = 0; i < 100 && kill(pid, 0) == 0; i++)
        nap_ms(10);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(lab_spawn(reader.lab, &program, &err), -EPIPE);
    assert_string_equal(err.text, "cannot start true: the lab has ended");
    reader_end(&reader);
    lab_stop(reader.lab);
}

static void write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        _exit(99);
    close(fd);
}

/* In a user namespace of our own, where the limit is ours to set. as_root: mapped to root there. */
static _Noreturn void check_without_user_namespaces(bool as_root, int tell_fd)
{
    struct err err = {{0}};
    char map[32];
    unsigned uid = getuid();
    if (unshare(CLONE_NEWUSER) < 0)
        _exit(98);
    snprintf(map, sizeof map, "%u %u 1", as_root ? 0 : 12345, uid);
    write_text("/proc/self/uid_map", map);
    write_text("/proc/sys/user/max_user_namespaces", "0");
    int result = lab_check(&err);
    (void)!write(tell_fd, err.text, strlen(err.text) + 1);
    _exit(-result);
}

static int in_a_child(void (*run)(bool, int), bool flag, char *ret_text, size_t room)
{
    int tell[2], status;
    assert_int_equal(pipe(tell), 0);
    pid_t pid = fork();
    if (pid == 0)
        run(flag, tell[1]);
    close(tell[1]);
    ssize_t count = read(tell[0], ret_text, room - 1);
    ret_text[count > 0 ? count : 0] = '\0';
    close(tell[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_user_namespaces_forbidden(void **state)
{
    char text[600];
    (void)state;
    int result = in_a_child(check_without_user_namespaces, false, text, sizeof text);
    assert_int_equal(result, ENOSPC);
    assert_string_equal(
        text, "user namespaces are not allowed here (sysctl user.max_user_namespaces is 0): run `sudo sysctl "
              "-w user.max_user_namespaces=10000`, or open a recorded trace with `sockstep open FILE`");
    assert_int_equal(in_a_child(check_without_user_namespaces, true, text, sizeof text), 0);
}

/* As a container's filter does: no new namespaces. */
static _Noreturn void check_under_seccomp(bool unused, int tell_fd)
{
    struct err err = {{0}};
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_NEWUSER | CLONE_NEWNET, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof filter[0], .filter = filter};
    (void)unused;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
        _exit(97);
    int result = lab_check(&err);
    (void)!write(tell_fd, err.text, strlen(err.text) + 1);
    _exit(-result);
}

static void test_container_forbids(void **state)
{
    char text[600];
    (void)state;
    assert_int_equal(in_a_child(check_under_seccomp, false, text, sizeof text), EPERM);
    assert_string_equal(text, "this container forbids namespaces: start it with `docker run --security-opt "
                              "seccomp=unconfined`, or open a recorded trace with `sockstep open FILE`");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_twenty_times),
        cmocka_unit_test(test_parent_is_killed),
        cmocka_unit_test(test_parent_is_killed_while_starting),
        cmocka_unit_test(test_lab_dies),
        cmocka_unit_test(test_user_namespaces_forbidden),
        cmocka_unit_test(test_container_forbids),
    };
    session_main(argc, argv);
    return cmocka_run_group_tests_name("lab life", tests, NULL, NULL);
}
