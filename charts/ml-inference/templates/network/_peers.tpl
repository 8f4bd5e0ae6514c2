{{/* SPDX-License-Identifier: MIT */}}

{{/* A namespace, or a pod of this namespace, that carries the label ml-platform/access with the
     given value. */}}
{{- define "ml-inference.peers" -}}
- namespaceSelector:
    matchLabels:
      ml-platform/access: {{ . }}
- podSelector:
    matchLabels:
      ml-platform/access: {{ . }}
{{- end -}}
