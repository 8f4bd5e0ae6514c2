// SPDX-License-Identifier: MIT

// Pss judges the pods of manifests by the pod security standard "restricted" of one release, with
// the evaluator of the API server's own admission plugin. It prints one line a violation and exits
// with 1 when there is one.
//
//	pss v1.34 FILE...
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

func main() {
	if len(os.Args) < 3 {
		fail("usage: pss VERSION FILE...")
	}
	version, err := api.ParseVersion(os.Args[1])
	if err != nil {
		fail("pss: %v", err)
	}
	standard := api.LevelVersion{Level: api.LevelRestricted, Version: version}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks())
	if err != nil {
		fail("pss: %v", err)
	}
	pods, violations := 0, 0
	for _, path := range os.Args[2:] {
		templates, err := readPods(path)
		if err != nil {
			fail("pss: %s: %v", path, err)
		}
		for name, template := range templates {
			pods++
			for _, result := range evaluator.EvaluatePod(standard, &template.ObjectMeta, &template.Spec) {
				if !result.Allowed {
					violations++
					fmt.Printf("%s: %s: %s: %s\n", path, name, result.ForbiddenReason,
						result.ForbiddenDetail)
				}
			}
		}
	}
	fmt.Printf("%d pods, %d violations of %s\n", pods, violations, standard)
	// A run that found no pod has proved nothing.
	if violations > 0 || pods == 0 {
		os.Exit(1)
	}
}

// object is what the kinds that make pods have in common: a Deployment, a Job, an Argo Rollout.
type object struct {
	Kind     string
	Metadata struct{ Name string }
	Spec     json.RawMessage
}

type podMaker struct {
	Template    json.RawMessage
	JobTemplate struct {
		Spec struct{ Template json.RawMessage }
	}
}

// readPods returns the pod templates of the objects in a file of one or more documents, by the kind
// and name of each object.
func readPods(path string) (map[string]*corev1.PodTemplateSpec, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	templates := map[string]*corev1.PodTemplateSpec{}
	for _, document := range bytes.Split(text, []byte("\n---\n")) {
		found := object{}
		if err := yaml.Unmarshal(document, &found); err != nil {
			return nil, err
		}
		maker := podMaker{}
		// Of other kinds Spec may be anything, also no object.
		if json.Unmarshal(found.Spec, &maker) != nil {
			continue
		}
		text := maker.Template
		if text == nil {
			text = maker.JobTemplate.Spec.Template
		}
		template := &corev1.PodTemplateSpec{}
		if text != nil {
			if err := json.Unmarshal(text, template); err != nil {
				return nil, fmt.Errorf("%s %s: %w", found.Kind, found.Metadata.Name, err)
			}
		}
		if found.Kind == "Pod" {
			if err := json.Unmarshal(found.Spec, &template.Spec); err != nil {
				return nil, fmt.Errorf("%s %s: %w", found.Kind, found.Metadata.Name, err)
			}
		}
		if len(template.Spec.Containers) > 0 {
			templates[found.Kind+"/"+found.Metadata.Name] = template
		}
	}
	return templates, nil
}

func fail(format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", arguments...)
	os.Exit(2)
}
