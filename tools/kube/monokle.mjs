// SPDX-License-Identifier: MIT
// Judges manifests by the rules of @monokle/validation: practices, pod security, links, metadata.
// Prints one finding a line, "rule object: sentence".
//
//   node monokle.mjs NODE_MODULES FILE...
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [modules, ...files] = process.argv.slice(2);
const load = (path) => import(pathToFileURL(`${modules}/${path}`).href);
const monokle = await load('@monokle/validation/lib/node.js');
const yaml = (await load('yaml/dist/index.js')).default;

const resources = files.map((path, index) => {
  const text = readFileSync(path, 'utf8');
  const content = yaml.parse(text);
  const { name, namespace } = content.metadata ?? {};
  return {
    id: String(index), fileId: path, filePath: path, fileOffset: 0, text, content,
    name, namespace, apiVersion: content.apiVersion, kind: content.kind,
  };
});

const validator = new monokle.MonokleValidator({
  loader: new monokle.RemotePluginLoader(monokle.requireFromStringCustomPluginLoader),
  parser: new monokle.ResourceParser(),
  schemaLoader: new monokle.SchemaLoader(),
  suppressors: [],
  fixer: new monokle.DisabledFixer(),
});
await validator.preload({
  plugins: {
    practices: true, 'pod-security-standards': true, 'resource-links': true, metadata: true,
  },
});
const report = await validator.validate({ resources });

for (const result of report.runs.flatMap((run) => run.results ?? [])) {
  const place = result.locations?.[0]?.physicalLocation?.artifactLocation?.uri ?? '';
  console.log(`${result.ruleId} ${place}: ${result.message.text.split('\n')[0]}`);
}
