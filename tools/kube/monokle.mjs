// SPDX-License-Identifier: MIT
// Judges manifests by the rules of @monokle/validation: practices, pod security, links, metadata.
// Each folder is judged by itself, one object a file. Prints one finding a line,
// "rule file: sentence".
//
//   node monokle.mjs NODE_MODULES FOLDER...
import { readFileSync, readdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [modules, ...folders] = process.argv.slice(2);
const load = (path) => import(pathToFileURL(`${modules}/${path}`).href);
const monokle = await load('@monokle/validation/lib/node.js');
const yaml = (await load('yaml/dist/index.js')).default;

const read = (path, index) => {
  const text = readFileSync(path, 'utf8');
  const content = yaml.parse(text);
  const { name, namespace } = content.metadata ?? {};
  return {
    id: String(index), fileId: path, filePath: path, fileOffset: 0, text, content,
    name, namespace, apiVersion: content.apiVersion, kind: content.kind,
  };
};

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
// One of the labels that its rule asks for is no label of Kubernetes: it means managed-by, and
// would find fault with every object, whatever labels it has.
const misspelt = "'app.kubernetes.io/managed' label";

for (const folder of folders) {
  const resources = readdirSync(folder).sort().map((name) => `${folder}/${name}`).map(read);
  const report = await validator.validate({ resources });
  for (const result of report.runs.flatMap((run) => run.results ?? [])) {
    if (result.message.text.includes(misspelt)) continue;
    const place = result.locations?.[0]?.physicalLocation?.artifactLocation?.uri ?? '';
    console.log(`${result.ruleId} ${place}: ${result.message.text.split('\n')[0]}`);
  }
}
