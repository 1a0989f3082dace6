// Says of each Kubernetes object that it reads whether the Go types of one version of Kubernetes know all of its fields.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	rbac "k8s.io/api/rbac/v1"
	strict "sigs.k8s.io/json"
)

var kinds = map[string]func() any{
	"apps/v1 Deployment":                              func() any { return &apps.Deployment{} },
	"apps/v1 StatefulSet":                             func() any { return &apps.StatefulSet{} },
	"batch/v1 CronJob":                                func() any { return &batch.CronJob{} },
	"batch/v1 Job":                                    func() any { return &batch.Job{} },
	"networking.k8s.io/v1 NetworkPolicy":              func() any { return &networking.NetworkPolicy{} },
	"rbac.authorization.k8s.io/v1 ClusterRole":        func() any { return &rbac.ClusterRole{} },
	"rbac.authorization.k8s.io/v1 ClusterRoleBinding": func() any { return &rbac.ClusterRoleBinding{} },
	"rbac.authorization.k8s.io/v1 Role":               func() any { return &rbac.Role{} },
	"rbac.authorization.k8s.io/v1 RoleBinding":        func() any { return &rbac.RoleBinding{} },
	"v1 ConfigMap":                                    func() any { return &core.ConfigMap{} },
	"v1 LimitRange":                                   func() any { return &core.LimitRange{} },
	"v1 Namespace":                                    func() any { return &core.Namespace{} },
	"v1 PersistentVolumeClaim":                        func() any { return &core.PersistentVolumeClaim{} },
	"v1 Pod":                                          func() any { return &core.Pod{} },
	"v1 ResourceQuota":                                func() any { return &core.ResourceQuota{} },
	"v1 Secret":                                       func() any { return &core.Secret{} },
	"v1 Service":                                      func() any { return &core.Service{} },
	"v1 ServiceAccount":                               func() any { return &core.ServiceAccount{} },
}

// In: a JSON array of objects. Out: a JSON array, for each of them what is wrong with it.
func main() {
	var objects []json.RawMessage
	if err := json.NewDecoder(os.Stdin).Decode(&objects); err != nil {
		fmt.Fprintln(os.Stderr, "expected a JSON array of objects:", err)
		os.Exit(2)
	}
	answers := make([][]string, len(objects))
	for at, object := range objects {
		answers[at] = problemsOf(object)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		os.Exit(1)
	}
}

func problemsOf(object json.RawMessage) []string {
	var told struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	if err := json.Unmarshal(object, &told); err != nil {
		return []string{err.Error()}
	}
	name := told.APIVersion + " " + told.Kind
	empty, known := kinds[name]
	if !known {
		return []string{fmt.Sprintf("no kind %q here", name)}
	}
	problems := []string{}
	unknown, err := strict.UnmarshalStrict(object, empty())
	if err != nil {
		problems = append(problems, err.Error())
	}
	for _, each := range unknown {
		problems = append(problems, each.Error())
	}
	return problems
}
