// Tokenizes .cnn files by grammars/cnn.tmLanguage.json, with the engine of VS Code, and prints JSON: for each file a list
// of [line, start, end, scope, scope, ...], lines from 1, columns from 0 in UTF-16 units, end exclusive. Every pattern
// that the engine's regular expressions cannot read is an error (exit 1).
//
//   npm install --prefix FOLDER vscode-textmate vscode-oniguruma
//   NODE_PATH=FOLDER/node_modules node tests/tools/textmate.cjs FILE...
//
// With the same NODE_PATH, tests/test_highlighting.py uses it too.
"use strict";

const fs = require("fs");
const path = require("path");
const oniguruma = require("vscode-oniguruma");
const textmate = require("vscode-textmate");

const GRAMMAR = path.join(__dirname, "..", "..", "grammars", "cnn.tmLanguage.json");

function* patterns(rule) {
  for (const [key, value] of Object.entries(rule)) {
    if (["match", "begin", "end"].includes(key) && typeof value === "string") yield value;
    else if (value && typeof value === "object") yield* patterns(value);
  }
}

async function main(files) {
  const wasm = fs.readFileSync(path.join(path.dirname(require.resolve("vscode-oniguruma")), "onig.wasm"));
  await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
  const text = fs.readFileSync(GRAMMAR, "utf8");
  for (const pattern of patterns(JSON.parse(text))) new oniguruma.OnigScanner([pattern]).dispose();
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (sources) => new oniguruma.OnigScanner(sources),
      createOnigString: (string) => new oniguruma.OnigString(string),
    }),
    loadGrammar: async (scope) => (scope === "source.cnn" ? textmate.parseRawGrammar(text, GRAMMAR) : null),
  });
  const grammar = await registry.loadGrammar("source.cnn");
  const found = files.map((file) => {
    let stack = textmate.INITIAL;
    return fs.readFileSync(file, "utf8").split(/\r?\n/).flatMap((line, index) => {
      const result = grammar.tokenizeLine(line, stack);
      stack = result.ruleStack;
      return result.tokens.map((t) => [index + 1, t.startIndex, Math.min(t.endIndex, line.length), ...t.scopes]);
    });
  });
  process.stdout.write(JSON.stringify(found) + "\n");
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`${error && error.stack ? error.stack : error}\n`);
  process.exitCode = 1;
});
