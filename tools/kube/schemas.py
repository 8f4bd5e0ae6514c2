#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes strict JSON schemas for kubeconform out of what an API server publishes of itself.

Usage: schemas.py SWAGGER.json FOLDER [CRD.yaml ...]

SWAGGER.json is api/openapi-spec/swagger.json of the Go module k8s.io/kubernetes, or the answer of
`kubectl get --raw /openapi/v2`. CRD.yaml are files with CustomResourceDefinitions, which need
PyYAML. Each kind becomes FOLDER/kind-group-version.json (in the core group kind-version.json),
complete in itself, with every object closed: a misspelt field is an error.
"""
import json
import pathlib
import sys

REFERENCE = "#/definitions/"
# Types that the API server reads in more than one form, which OpenAPI 2 cannot say.
LOOSE = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {"type": ["string", "number"]},
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"type": ["string", "integer"]},
}


def closed(schema):
    """The schema with unknown fields refused in every object that lists its fields."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: closed(value) for key, value in schema.items() if key != "format"}
    if isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema:
        result["additionalProperties"] = False
    return result


def references(schema):
    """The names of the definitions that a schema mentions."""
    if isinstance(schema, dict):
        target = schema.get("$ref")
        if isinstance(target, str):
            yield target.removeprefix(REFERENCE)
        schema = list(schema.values())
    if isinstance(schema, list):
        for item in schema:
            yield from references(item)


def with_references(name, definitions):
    """The schema of one definition, carrying all that it mentions, directly or not."""
    needed, waiting = set(), [name]
    while waiting:
        for mentioned in references(definitions[waiting.pop()]):
            if mentioned not in needed:
                needed.add(mentioned)
                waiting.append(mentioned)
    carried = {each: definitions[each] for each in sorted(needed)}
    return {**definitions[name], "definitions": carried}


def opened(schema):
    """A CRD's schema in plain JSON schema: what Kubernetes says by extensions, said in types."""
    if isinstance(schema, list):
        return [opened(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["string", "integer"]}
    result = {key: opened(value) for key, value in schema.items()
              if key not in ("default", "example", "nullable")}
    # Fields beyond the listed ones are kept by the API server, or belong to another kind.
    if schema.get("x-kubernetes-preserve-unknown-fields") \
            or schema.get("x-kubernetes-embedded-resource"):
        result.setdefault("additionalProperties", True)
    if schema.get("nullable") and isinstance(schema.get("type"), str):
        result["type"] = [schema["type"], "null"]
    return result


def custom_kinds(path):
    """(kind, group, version, schema) of each version in a file of CustomResourceDefinitions."""
    import yaml  # here, so that the kinds of Kubernetes alone need nothing beyond Python

    class Loader(yaml.SafeLoader):
        """YAML 1.2's view of a bare "=": text."""
    Loader.yaml_implicit_resolvers = {first: rules for first, rules
                                      in yaml.SafeLoader.yaml_implicit_resolvers.items()
                                      if first != "="}
    for document in yaml.load_all(pathlib.Path(path).read_text(), Loader):
        if not document or document.get("kind") != "CustomResourceDefinition":
            continue
        spec = document["spec"]
        for version in spec["versions"]:
            schema = opened(version["schema"]["openAPIV3Schema"])
            # These three are the API server's own, whatever a definition says of them.
            schema["properties"] |= {"apiVersion": {"type": "string"}, "kind": {"type": "string"},
                                     "metadata": {"type": "object"}}
            yield spec["names"]["kind"], spec["group"], version["name"], closed(schema)


def path_of(folder, kind, group, version):
    parts = [kind.lower(), group.split(".")[0], version]
    return folder / ("-".join(part for part in parts if part) + ".json")


def main(swagger, folder, *definitions_of_custom_kinds):
    raw = json.loads(pathlib.Path(swagger).read_text())["definitions"]
    definitions = {name: LOOSE.get(name) or closed(schema) for name, schema in raw.items()}
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in raw.items():
        kinds = schema.get("x-kubernetes-group-version-kind", [])
        if len(kinds) != 1:  # the kinds that every group shares, such as DeleteOptions
            continue
        path = path_of(folder, kinds[0]["kind"], kinds[0]["group"], kinds[0]["version"])
        path.write_text(json.dumps(with_references(name, definitions)))
    for crds in definitions_of_custom_kinds:
        for kind, group, version, schema in custom_kinds(crds):
            path_of(folder, kind, group, version).write_text(json.dumps(schema))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
