// Parses Mermaid files with Mermaid's own parser: node mermaid_parse.mjs FOLDER FILE..., where FOLDER has
// node_modules with mermaid and jsdom in it (npm install mermaid jsdom). Exits 1 at the first that does not parse.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [folder, ...files] = process.argv.slice(2);
const from = createRequire(pathToFileURL(`${folder}/`));
const load = async (name) => import(pathToFileURL(from.resolve(name)));
const { JSDOM } = await load('jsdom');
const page = new JSDOM('');
globalThis.window = page.window;
globalThis.document = page.window.document;
const { default: mermaid } = await load('mermaid');
for (const file of files) {
    const text = readFileSync(file, 'utf8');
    await mermaid.parse(text);
    const diagram = await mermaid.mermaidAPI.getDiagramFromText(text);
    const arrows = diagram.db.getMessages().filter((message) => message.from !== message.to && message.placement === undefined);
    const written = text.split('\n').filter((line) => /^ {4}H\d(->>|-->>|-x)H\d: /.test(line)).length;
    if (arrows.filter((message) => message.type !== 26).length !== written) {
        console.error(`${file}: ${written} arrows are written, Mermaid sees others`);
        process.exit(1);
    }
}
