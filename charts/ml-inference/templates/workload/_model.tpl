{{/* SPDX-License-Identifier: MIT */}}

{{/* The volume that brings /models/model.onnx. */}}
{{- define "ml-inference.modelVolume" -}}
- name: model
{{- with .Values.model }}
{{- if eq .source "configMap" }}
  configMap:
    name: {{ .configMap | default (printf "%s-model" (include "ml-inference.name" $)) }}
{{- else if eq .source "claim" }}
  persistentVolumeClaim:
    claimName: {{ .claim.existing | default (printf "%s-model" (include "ml-inference.name" $)) }}
{{- else if eq .source "imageVolume" }}
  image:
    reference: {{ required "model.image: empty, expected the image with model.onnx" .image }}
    pullPolicy: {{ .imagePullPolicy }}
{{- else if eq .source "initContainer" }}
  emptyDir:
    sizeLimit: {{ .sizeLimit }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Copies the model out of an image that has `cp`. */}}
{{- define "ml-inference.modelCopier" -}}
- name: model
  image: {{ required "model.image: empty, expected the image with /model/model.onnx" .image }}
  imagePullPolicy: {{ .imagePullPolicy }}
  command:
    - cp
    - /model/model.onnx
    - /models/model.onnx
  resources:
    {{- range $kind := list "requests" "limits" }}
    {{ $kind }}:
      cpu: {{ eq $kind "limits" | ternary "500m" "100m" }}
      memory: 64Mi
      ephemeral-storage: 16Mi
    {{- end }}
  securityContext:
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities:
      drop:
        - ALL
  volumeMounts:
    - name: model
      mountPath: /models
{{- end -}}
