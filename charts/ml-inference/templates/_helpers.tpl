{{/* SPDX-License-Identifier: MIT */}}

{{/* The name of everything, and the value of the label `app` that selects pods. A release called
     ml-inference gives the names of the manifests under k8s/. */}}
{{- define "ml-inference.name" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains "ml-inference" .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-ml-inference" (.Release.Name | trunc 39 | trimSuffix "-") -}}
{{- end -}}
{{- end -}}

{{/* What helm itself wants to find again: on objects, never in pod templates, where a new version of
     the chart would restart every pod. */}}
{{- define "ml-inference.helmLabels" -}}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* The recommended labels of what belongs to the service. */}}
{{- define "ml-inference.serviceLabels" -}}
app.kubernetes.io/name: ml-inference
app.kubernetes.io/instance: {{ include "ml-inference.name" . }}
app.kubernetes.io/component: inference
app.kubernetes.io/part-of: mini-ml-platform
{{- if .Values.versionLabel }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
{{- end }}
{{- end -}}

{{- define "ml-inference.labels" -}}
{{ include "ml-inference.serviceLabels" . }}
{{ include "ml-inference.helmLabels" . }}
{{- end -}}

{{/* The labels of what serves another purpose beside it: call with (list $ COMPONENT). */}}
{{- define "ml-inference.labelsOf" -}}
{{ include "ml-inference.labels" (index . 0)
   | replace "component: inference" (printf "component: %s" (index . 1)) }}
{{- end -}}

{{/* The one label that never changes: a Deployment's selector is immutable. */}}
{{- define "ml-inference.selector" -}}
app: {{ include "ml-inference.name" . }}
{{- end -}}

{{/* The labels of what belongs to the namespace: call with (list $ NAME). */}}
{{- define "ml-inference.platformLabels" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ index . 1 }}
app.kubernetes.io/instance: {{ $root.Release.Namespace }}
app.kubernetes.io/component: platform
app.kubernetes.io/part-of: mini-ml-platform
{{- if $root.Values.versionLabel }}
app.kubernetes.io/version: {{ $root.Values.image.tag | default $root.Chart.AppVersion | quote }}
{{- end }}
{{ include "ml-inference.helmLabels" $root }}
{{- end -}}

{{/* A digest names bytes and decides; the tag beside it is for whoever reads. */}}
{{- define "ml-inference.image" -}}
{{- $image := .Values.image -}}
{{- printf "%s:%s" $image.repository ($image.tag | default .Chart.AppVersion) -}}
{{- with $image.digest -}}@{{ . }}{{- end -}}
{{- end -}}

{{/* What no schema can say, because it is about two values at a time. */}}
{{- define "ml-inference.check" -}}
{{- with .Values.drain -}}
{{- $needed := add .preStopSeconds (trimSuffix "s" .limit | int) -}}
{{- if ge (int $needed) (int .gracePeriodSeconds) -}}
{{- fail (printf "drain: preStopSeconds (%v) + limit (%v) take %v s, expected less than gracePeriodSeconds (%v): the kubelet would kill requests that are still being answered" .preStopSeconds .limit $needed .gracePeriodSeconds) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.service.headless (not .Values.service.grpcPort) -}}
{{- fail "service.headless: needs service.grpcPort, expected another number than 0" -}}
{{- end -}}
{{- with .Values.autoscaling -}}
{{- if and .enabled (gt (int .minReplicas) (int .maxReplicas)) -}}
{{- fail (printf "autoscaling: minReplicas is %v, expected at most maxReplicas (%v)" .minReplicas .maxReplicas) -}}
{{- end -}}
{{- end -}}
{{- end -}}
