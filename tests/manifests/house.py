# SPDX-License-Identifier: MIT
"""The house of manifests under k8s/ as data: which parts there are, and what compositions render.

Parts are found by folder, so that a new component is tested without a list that must name it.
"""
import functools
import itertools
import os
import pathlib
import re
import shutil
import subprocess
import textwrap

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMPONENTS = ROOT / "k8s" / "components"
OVERLAYS = ROOT / "k8s" / "overlays"
# Where compositions are written. One folder a process, so that two runs do not meet.
WORK = ROOT / "build" / "manifests-rendered" / str(os.getpid())
NUMBERS = itertools.count()
# The one in C where PyYAML has it: the same, and ten times as fast.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def components():
    """The names of all components, sorted."""
    return sorted(path.parent.name for path in COMPONENTS.glob("*/kustomization.yaml"))


def kustomization(folder):
    return yaml.safe_load((folder / "kustomization.yaml").read_text())


def rivals(name):
    """The components that the README of `name` excludes, in a paragraph that begins "Not with:"."""
    readme = COMPONENTS / name / "README.md"
    text = readme.read_text() if readme.exists() else ""
    excluded = set()
    for paragraph in re.findall(r"^Not with:(.*?)(?:\n\n|\Z)", text, re.M | re.S):
        # A name may be broken at one of its hyphens.
        excluded |= set(re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)*", paragraph.replace("-\n", "-")))
    return excluded & set(components()) - {name}


def rank(name):
    """-1 when the README of `name` has a paragraph that begins "List first:", because others read
    what it says; else 0."""
    text = (COMPONENTS / name / "README.md").read_text()
    return -len(re.findall("^List first:", text, re.M))


def orders(one, other):
    """The orders in which these two may be listed."""
    if rank(one) == rank(other):
        return [one, other], [other, one]
    return [sorted([one, other], key=rank)]


def compatible(one, other):
    return one != other and other not in rivals(one) and one not in rivals(other)


def renderer():
    """The command that builds a kustomization, without its folder; None where there is none."""
    built = ROOT / "build" / "judges" / "bin" / "kustomize"
    if kustomize := shutil.which("kustomize") or (built.exists() and str(built)):
        return [kustomize, "build"]
    if kubectl := shutil.which("kubectl"):
        return [kubectl, "kustomize"]
    return None


def render_folder(folder):
    """The objects of a kustomization. Raises ValueError with the renderer's own words."""
    done = subprocess.run([*renderer(), str(folder)], text=True, capture_output=True)
    if done.returncode != 0:
        raise ValueError(done.stderr.strip())
    if done.stderr:
        raise ValueError(f"a warning: {done.stderr.strip()}")
    return [each for each in yaml.load_all(done.stdout, LOADER) if each]


def compose(chosen, extra=None, resource="base"):
    """The objects of the base (or of another folder of k8s/) with these components, in this
    order."""
    folder = WORK / str(next(NUMBERS))
    folder.mkdir(parents=True)
    relative = os.path.relpath(ROOT / "k8s", folder)
    text = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization",
            "resources": [f"{relative}/{resource}"],
            "components": [f"{relative}/components/{name}" for name in chosen], **(extra or {})}
    try:
        (folder / "kustomization.yaml").write_text(yaml.safe_dump(text))
        return render_folder(folder)
    finally:
        shutil.rmtree(folder)


def production_parts():
    """(the components of the production overlay, everything else that it states)."""
    overlay = kustomization(OVERLAYS / "production")
    chosen = [pathlib.PurePath(path).name for path in overlay["components"]]
    extra = {key: overlay[key] for key in overlay
             if key not in ("apiVersion", "kind", "resources", "components")}
    return chosen, extra


def production_with(name):
    """The production overlay with one component more, and without those that it excludes."""
    chosen, extra = production_parts()
    kept = [each for each in chosen if compatible(each, name)]
    return compose(sorted([*kept, name], key=rank), extra)


@functools.cache
def above_production(*names):
    """Components in a layer of one's own over the production overlay. Rendered once: do not change
    what it returns."""
    return compose(names, resource="overlays/production")


def recipes():
    """(file, kustomization) of each one in our documents that begins with the line
    "    resources: [../production]", as a reader would copy it."""
    pages = [*COMPONENTS.glob("*/README.md"), ROOT / "docs" / "kubernetes" / "production.md"]
    for page in sorted(pages):
        text = page.read_text()
        for block in re.findall(r"^    resources: \[\.\./production\]\n(?:    .*\n)*", text, re.M):
            yield str(page.relative_to(ROOT)), textwrap.dedent(block)


def render_recipe(text):
    """The objects of a kustomization that lies in a folder beside the production overlay, of a copy
    of k8s/."""
    tree = WORK / str(next(NUMBERS))
    shutil.copytree(ROOT / "k8s", tree, symlinks=True)
    try:
        folder = tree / "overlays" / "yours"
        folder.mkdir()
        (folder / "kustomization.yaml").write_text(text)
        return render_folder(folder)
    finally:
        shutil.rmtree(tree)


def local_production():
    """The production overlay with an image that was loaded into the nodes."""
    return compose(["local-image"], resource="overlays/production")


def key(thing):
    metadata = thing["metadata"]
    return (thing["apiVersion"], thing["kind"], metadata.get("namespace", ""), metadata["name"])


def label(thing):
    return f"{thing['kind']}/{thing['metadata']['name']}"


def pod_templates(objects):
    """(the object, its pod template) of each object that makes pods."""
    for thing in objects:
        spec = thing.get("spec") or {}
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template") \
            if isinstance(spec, dict) else None
        if thing["kind"] == "Pod":
            yield thing, thing
        elif isinstance(template, dict) and "containers" in template.get("spec", {}):
            yield thing, template


def in_one_order(value):
    """The value with lists of named things sorted by name: their order says nothing."""
    if isinstance(value, dict):
        return {name: in_one_order(each) for name, each in value.items()}
    if isinstance(value, list):
        items = [in_one_order(each) for each in value]
        if all(isinstance(each, dict) and "name" in each for each in items):
            return sorted(items, key=lambda each: str(each["name"]))
        return items
    return value
