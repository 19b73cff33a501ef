// VS Code's JSON language service behind standard input: one request a line, one answer a line, both JSON.
const { readFile } = require("node:fs/promises");
const readline = require("node:readline");
const { fileURLToPath } = require("node:url");
const { ClientCapabilities, TextDocument, getLanguageService } = require("vscode-json-languageservice");

const [mapped] = process.argv.slice(2); // the schema that VS Code's setting json.schemas gives to *.specc.json
const service = getLanguageService({
  clientCapabilities: ClientCapabilities.LATEST,
  schemaRequestService: (uri) => readFile(fileURLToPath(uri), "utf-8"),
  workspaceContext: { resolveRelativePath: (path, resource) => new URL(path, resource).href },
});
service.configure({ validate: true, schemas: [{ fileMatch: ["*.specc.json"], uri: mapped }] });

/** The node at a path of keys and positions, and the node of the last key. */
function find(root, path) {
  let [node, key] = [root, null];
  for (const part of path) {
    const property = node.type === "object" ? node.properties.find((each) => each.keyNode.value === part) : null;
    [node, key] = property ? [property.valueNode, property.keyNode] : [node.items[part], null];
  }
  return { node, key };
}

/** The path of a node; that of a key is its property's. */
function pathOf(node) {
  const { parent } = node;
  if (!parent) return [];
  if (parent.type === "property") return [...pathOf(parent.parent), parent.keyNode.value];
  return [...pathOf(parent), parent.items.indexOf(node)];
}

const methods = {
  hovers(document, json, { paths }) {
    return Promise.all(
      paths.map(async (path) => {
        const { node, key } = find(json.root, path);
        const hover = await service.doHover(document, document.positionAt((key ?? node).offset), json);
        return hover?.contents.join("\n") ?? "";
      }),
    );
  },
  async complete(document, json, { offset }) {
    return (await service.doComplete(document, document.positionAt(offset), json)).items;
  },
  async diagnose(document, json) {
    const found = await service.doValidation(document, json);
    return found.map(({ range, message }) => {
      const [start, end] = [document.offsetAt(range.start), document.offsetAt(range.end)];
      return [pathOf(json.getNodeFromOffset(start)), start, end, message];
    });
  },
};

readline.createInterface({ input: process.stdin }).on("line", async (line) => {
  const { method, uri, text, ...rest } = JSON.parse(line);
  const document = TextDocument.create(uri, "json", 1, text);
  const answer = await methods[method](document, service.parseJSONDocument(document), rest);
  process.stdout.write(JSON.stringify(answer) + "\n");
});
