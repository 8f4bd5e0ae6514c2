// SPDX-License-Identifier: MIT

// Pss judges the pods of manifests by the pod security standard "restricted" of one release, with
// the evaluator of the API server's own admission plugin. It prints one line a violation and exits
// with 1 when there is one.
//
//	pss v1.34 FILE...
package main

import (
	"fmt"
	"os"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
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
		deployment, err := readDeployment(path)
		if err != nil {
			fail("pss: %s: %v", path, err)
		}
		if deployment.Kind != "Deployment" {
			continue
		}
		pods++
		template := &deployment.Spec.Template
		for _, result := range evaluator.EvaluatePod(standard, &template.ObjectMeta, &template.Spec) {
			if !result.Allowed {
				violations++
				fmt.Printf("%s: %s: %s\n", path, result.ForbiddenReason, result.ForbiddenDetail)
			}
		}
	}
	fmt.Printf("%d pods, %d violations of %s\n", pods, violations, standard)
	// A run that found no pod has proved nothing.
	if violations > 0 || pods == 0 {
		os.Exit(1)
	}
}

// readDeployment reads a manifest of one object. Of another kind than Deployment only Kind is of use.
func readDeployment(path string) (*appsv1.Deployment, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	deployment := &appsv1.Deployment{}
	err = yaml.Unmarshal(text, deployment)
	if err != nil && strings.Contains(string(text), "kind: Deployment") {
		return nil, err
	}
	return deployment, nil
}

func fail(format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", arguments...)
	os.Exit(2)
}
