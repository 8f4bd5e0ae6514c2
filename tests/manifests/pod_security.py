# SPDX-License-Identifier: MIT
"""The pod security standard "restricted" (and with it "baseline") as a function.

Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/, release 1.34. The
admission plugin of the API server is the judge in a cluster; this plain version of its rules lets a
test speak before there is one. tests/manifests/judges asks the plugin's own code as well.
"""

VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image",
           "persistentVolumeClaim", "projected", "secret"}
SAFE_SYSCTLS = {
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
}
CONFINED = ("RuntimeDefault", "Localhost")
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
HOOKS = ("postStart", "preStop")


def violations(pod_spec):
    """What in `pod_spec` breaks the restricted standard, one sentence each; empty if nothing."""
    found = list(_pod_violations(pod_spec))
    for group in ("initContainers", "containers", "ephemeralContainers"):
        for container in pod_spec.get(group, []):
            for fault in _container_violations(pod_spec, container):
                found.append(f"{container['name']}: {fault}")
    return found


def _pod_violations(spec):
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(name):
            yield f"{name} is set"
    for volume in spec.get("volumes", []):
        for kind in set(volume) - {"name"} - VOLUMES:
            yield f"volume {volume['name']} is a {kind}"
    context = spec.get("securityContext", {})
    for sysctl in context.get("sysctls", []):
        if sysctl["name"] not in SAFE_SYSCTLS:
            yield f"sysctl {sysctl['name']} is not safe"
    yield from _shared_violations(context)


def _shared_violations(context):
    """Rules on what a pod and a container can both state."""
    if context.get("runAsUser") == 0:
        yield "runAsUser is 0"
    if context.get("runAsNonRoot") is False:
        yield "runAsNonRoot is false"
    for profile in ("seccompProfile", "appArmorProfile"):
        if context.get(profile, {}).get("type", "RuntimeDefault") not in CONFINED:
            yield f"{profile} is unconfined"
    selinux = context.get("seLinuxOptions", {})
    allowed = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")
    if selinux.get("user") or selinux.get("role") or selinux.get("type", "") not in allowed:
        yield "seLinuxOptions are set"
    if context.get("windowsOptions", {}).get("hostProcess"):
        yield "hostProcess is set"


def _container_violations(spec, container):
    context = container.get("securityContext", {})
    pod_context = spec.get("securityContext", {})
    yield from _shared_violations(context)
    if context.get("privileged"):
        yield "privileged is set"
    if context.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation is not false"
    if context.get("procMount", "Default") != "Default":
        yield "procMount is not Default"
    capabilities = context.get("capabilities", {})
    if "ALL" not in capabilities.get("drop", []):
        yield "capabilities do not drop ALL"
    for added in set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"}:
        yield f"capability {added} is added"
    if not context.get("runAsNonRoot", pod_context.get("runAsNonRoot")):
        yield "runAsNonRoot is not true"
    if "seccompProfile" not in context and "seccompProfile" not in pod_context:
        yield "seccompProfile is not set"
    if any(port.get("hostPort") for port in container.get("ports", [])):
        yield "hostPort is set"
    handlers = [container.get(name, {}) for name in PROBES]
    handlers += [container.get("lifecycle", {}).get(name, {}) for name in HOOKS]
    if any(h.get(kind, {}).get("host") for h in handlers for kind in ("httpGet", "tcpSocket")):
        yield "a probe or hook names a host"
