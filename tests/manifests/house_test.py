# SPDX-License-Identifier: MIT
"""What the house of manifests promises as files: each component has a README and names all that
lies beside it. Needs no kubectl; compose_test.py builds what is only read here.
"""
import pathlib
import unittest

import house


def named_files(folder):
    """The files and folders that a kustomization names."""
    content = house.kustomization(folder)
    yield from content.get("resources", [])
    for patch in content.get("patches", []):
        if "path" in patch:
            yield patch["path"]
    for generator in content.get("configMapGenerator", []) + content.get("secretGenerator", []):
        for path in [*generator.get("files", []), *generator.get("envs", [])]:
            yield path.rpartition("=")[2]
    yield from content.get("configurations", [])


class House(unittest.TestCase):
    def test_there_are_components_and_the_two_overlays(self):
        self.assertGreaterEqual(len(house.components()), 8)
        self.assertEqual(sorted(path.name for path in house.OVERLAYS.iterdir()),
                         ["local", "production"])

    def test_each_component_is_one_and_says_what_it_teaches(self):
        for name in house.components():
            text = (house.COMPONENTS / name / "kustomization.yaml").read_text()
            kind = house.kustomization(house.COMPONENTS / name)["kind"]
            self.assertEqual(kind, "Component", name)
            self.assertTrue(text.startswith(
                "# SPDX-License-Identifier: MIT\n# What this file teaches: "), name)

    def test_each_component_has_a_readme_of_a_few_lines(self):
        for name in house.components():
            lines = (house.COMPONENTS / name / "README.md").read_text().splitlines()
            self.assertTrue(lines[0].startswith("# "), name)
            self.assertTrue(3 <= len(lines) <= 60, f"{name}: {len(lines)} lines")

    def test_what_a_component_names_is_there_and_no_yaml_lies_there_unnamed(self):
        for name in house.components():
            folder = house.COMPONENTS / name
            named = set(named_files(folder))
            for path in named:
                self.assertTrue((folder / path).exists(), f"{name}/{path}")
            here = {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}
            # Or the README says what a file is for that something else reads.
            readme = (folder / "README.md").read_text()
            self.assertEqual([path for path in here - named if path not in readme], [], name)

    def test_rivals_are_read_from_the_readme(self):
        self.assertEqual(house.rivals("autoscaling-cpu"), {"autoscaling-requests"})
        self.assertFalse(house.compatible("autoscaling-requests", "autoscaling-cpu"))
        self.assertTrue(house.compatible("autoscaling-requests", "network-policy"))

    def test_the_order_is_read_from_the_readme(self):
        self.assertEqual([house.rank(name) for name in
                          ("registry-image", "fast-probes", "canary-plain")], [-1, 0, 0])
        self.assertEqual(house.orders("canary-plain", "registry-image"),
                         [["registry-image", "canary-plain"]])
        self.assertEqual(len(house.orders("canary-plain", "secrets")), 2)

    def test_the_overlays_list_their_components_in_order(self):
        for overlay in house.OVERLAYS.iterdir():
            ranks = [house.rank(pathlib.PurePath(path).name)
                     for path in house.kustomization(overlay)["components"]]
            self.assertEqual(ranks, sorted(ranks), overlay)

    def test_the_overlays_name_components_that_exist(self):
        for overlay in house.OVERLAYS.iterdir():
            for path in house.kustomization(overlay)["components"]:
                self.assertTrue((overlay / path / "kustomization.yaml").exists(), path)


if __name__ == "__main__":
    unittest.main()
