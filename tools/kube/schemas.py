#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes strict JSON schemas for kubeconform out of what an API server publishes of itself.

Usage: schemas.py SWAGGER.json FOLDER

SWAGGER.json is api/openapi-spec/swagger.json of the Go module k8s.io/kubernetes, or the answer of
`kubectl get --raw /openapi/v2`. Each kind becomes FOLDER/kind-group-version.json (in the core group
kind-version.json), complete in itself, with every object closed: a misspelt field is an error.
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


def main(swagger, folder):
    raw = json.loads(pathlib.Path(swagger).read_text())["definitions"]
    definitions = {name: LOOSE.get(name) or closed(schema) for name, schema in raw.items()}
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in raw.items():
        kinds = schema.get("x-kubernetes-group-version-kind", [])
        if len(kinds) != 1:  # the kinds that every group shares, such as DeleteOptions
            continue
        group = kinds[0]["group"].split(".")[0]
        parts = [kinds[0]["kind"].lower(), group, kinds[0]["version"]]
        path = folder / ("-".join(part for part in parts if part) + ".json")
        path.write_text(json.dumps(with_references(name, definitions)))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
