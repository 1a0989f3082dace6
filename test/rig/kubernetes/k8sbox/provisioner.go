package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	storagelisters "k8s.io/client-go/listers/storage/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
)

type settings struct{ kubeconfig, name, root, node string }

// Of a queue: which object of which kind has changed.
type key struct{ kind, namespace, name string }

const (
	claimKind  = "PersistentVolumeClaim"
	volumeKind = "PersistentVolume"
)

// Gives each claim of its storage classes a folder of this node, and removes the folder with the volume.
type provisioner struct {
	settings
	client  kubernetes.Interface
	claims  corelisters.PersistentVolumeClaimLister
	volumes corelisters.PersistentVolumeLister
	classes storagelisters.StorageClassLister
	queue   workqueue.TypedRateLimitingInterface[key]
}

func newProvisionerCommand() *cobra.Command {
	var s settings
	command := &cobra.Command{
		Use:          "local-provisioner",
		SilenceUsage: true,
		RunE:         func(*cobra.Command, []string) error { return provision(context.Background(), s) },
	}
	flags := command.Flags()
	flags.StringVar(&s.kubeconfig, "kubeconfig", "", "file that says where the API server is")
	flags.StringVar(&s.name, "name", "", "provisioner of the storage classes to serve")
	flags.StringVar(&s.root, "root", "", "folder for the volumes")
	flags.StringVar(&s.node, "node", "", "name of the node that has this folder")
	return command
}

func provision(ctx context.Context, s settings) error {
	config, err := clientcmd.BuildConfigFromFlags("", s.kubeconfig)
	if err != nil {
		return err
	}
	config.QPS, config.Burst = 50, 100
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 10*time.Minute)
	claims, volumes := factory.Core().V1().PersistentVolumeClaims(), factory.Core().V1().PersistentVolumes()
	p := &provisioner{
		settings: s,
		client:   client,
		claims:   claims.Lister(),
		volumes:  volumes.Lister(),
		classes:  factory.Storage().V1().StorageClasses().Lister(),
		queue:    workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[key]()),
	}
	for kind, informer := range map[string]cache.SharedIndexInformer{claimKind: claims.Informer(), volumeKind: volumes.Informer()} {
		if _, err := informer.AddEventHandler(p.enqueue(kind)); err != nil {
			return err
		}
	}
	factory.Start(ctx.Done())
	for kind, synced := range factory.WaitForCacheSync(ctx.Done()) {
		if !synced {
			return fmt.Errorf("no list of %v", kind)
		}
	}
	for {
		p.next(ctx)
	}
}

func (p *provisioner) enqueue(kind string) cache.ResourceEventHandlerFuncs {
	put := func(object any) {
		path, err := cache.MetaNamespaceKeyFunc(object)
		if err != nil {
			return
		}
		if namespace, name, err := cache.SplitMetaNamespaceKey(path); err == nil {
			p.queue.Add(key{kind, namespace, name})
		}
	}
	return cache.ResourceEventHandlerFuncs{AddFunc: put, UpdateFunc: func(_, now any) { put(now) }}
}

func (p *provisioner) next(ctx context.Context) {
	k, _ := p.queue.Get()
	defer p.queue.Done(k)
	if err := p.settle(ctx, k); err != nil {
		klog.ErrorS(err, "will try again", "kind", k.kind, "namespace", k.namespace, "name", k.name)
		p.queue.AddRateLimited(k)
		return
	}
	p.queue.Forget(k)
}

func (p *provisioner) settle(ctx context.Context, k key) error {
	if k.kind == claimKind {
		claim, err := p.claims.PersistentVolumeClaims(k.namespace).Get(k.name)
		if err != nil {
			return ignoreAbsent(err)
		}
		return p.serve(ctx, claim)
	}
	volume, err := p.volumes.Get(k.name)
	if err != nil {
		return ignoreAbsent(err)
	}
	return p.reclaim(ctx, volume)
}

func (p *provisioner) serve(ctx context.Context, claim *corev1.PersistentVolumeClaim) error {
	if claim.Spec.VolumeName != "" || claim.Spec.StorageClassName == nil || claim.DeletionTimestamp != nil {
		return nil
	}
	class, err := p.classes.Get(*claim.Spec.StorageClassName)
	if err != nil {
		return ignoreAbsent(err)
	}
	if class.Provisioner != p.name || !decided(class, claim) {
		return nil
	}
	volume := p.volumeFor(claim, class)
	if err := makeFolder(volume.Spec.HostPath.Path); err != nil {
		return err
	}
	if _, err := p.client.CoreV1().PersistentVolumes().Create(ctx, volume, createOptions); !apierrors.IsAlreadyExists(err) {
		return err
	}
	return nil
}

// Where a class waits for the first pod, the scheduler says in the claim which node it chose.
func decided(class *storagev1.StorageClass, claim *corev1.PersistentVolumeClaim) bool {
	waits := class.VolumeBindingMode != nil && *class.VolumeBindingMode == storagev1.VolumeBindingWaitForFirstConsumer
	return !waits || claim.Annotations["volume.kubernetes.io/selected-node"] != ""
}

// Kubernetes does not change the owner of such folders to a pod's user: all users may write.
func makeFolder(path string) error {
	if err := os.MkdirAll(path, 0o777); err != nil {
		return err
	}
	return os.Chmod(path, 0o777)
}

func (p *provisioner) reclaim(ctx context.Context, volume *corev1.PersistentVolume) error {
	ours := volume.Annotations[provisionedBy] == p.name && volume.Spec.HostPath != nil
	deletes := volume.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete
	if !ours || !deletes || volume.Status.Phase != corev1.VolumeReleased {
		return nil
	}
	// By its last part, whatever the object says: nothing outside the root is ever removed.
	if err := os.RemoveAll(filepath.Join(p.root, filepath.Base(volume.Spec.HostPath.Path))); err != nil {
		return err
	}
	return ignoreAbsent(p.client.CoreV1().PersistentVolumes().Delete(ctx, volume.Name, deleteOptions))
}

func ignoreAbsent(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
