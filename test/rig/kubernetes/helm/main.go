// helm is the program of that name, of a version that goes with this Kubernetes.
package main

import (
	"errors"
	"fmt"
	"os"

	"helm.sh/helm/v4/pkg/cmd"
)

func main() {
	root, err := cmd.NewRootCmd(os.Stdout, os.Args[1:], cmd.SetupLogging)
	if err != nil {
		fmt.Fprintln(os.Stderr, "helm:", err)
		os.Exit(1)
	}
	// It prints its errors itself.
	if err := root.Execute(); err != nil {
		var known cmd.CommandError
		if errors.As(err, &known) {
			os.Exit(known.ExitCode)
		}
		os.Exit(1)
	}
}
