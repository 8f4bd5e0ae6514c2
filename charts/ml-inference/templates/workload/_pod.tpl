{{/* SPDX-License-Identifier: MIT */}}

{{/* The pod: the program is the only container, and may do nothing but answer. */}}
{{- define "ml-inference.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: {{ .Values.drain.gracePeriodSeconds }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .Values.runAs.user }}
  runAsGroup: {{ .Values.runAs.group }}
  {{- if or .Values.tokens.secretName (eq .Values.model.source "initContainer") }}
  fsGroup: {{ .Values.runAs.group }}
  {{- end }}
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if or .Values.lostNodeSeconds .Values.tolerations }}
tolerations:
  {{- if .Values.lostNodeSeconds }}
  {{- range $state := list "unreachable" "not-ready" }}
  - key: node.kubernetes.io/{{ $state }}
    operator: Exists
    effect: NoExecute
    tolerationSeconds: {{ $.Values.lostNodeSeconds }}
  {{- end }}
  {{- end }}
  {{- with .Values.tolerations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- if .Values.spread.enabled }}
{{- include "ml-inference.spread" . | nindent 0 }}
{{- end }}
{{- if eq .Values.model.source "initContainer" }}
initContainers:
  {{- include "ml-inference.modelCopier" .Values.model | nindent 2 }}
{{- end }}
containers:
  {{- include "ml-inference.container" . | nindent 2 }}
{{- with include "ml-inference.volumes" . | trim }}
volumes:
  {{- . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "ml-inference.volumes" -}}
{{- if ne .Values.model.source "builtin" }}
{{ include "ml-inference.modelVolume" . }}
{{- end }}
{{- with .Values.tokens.secretName }}
- name: tokens
  secret:
    secretName: {{ . }}
    defaultMode: 0440
    items:
      - key: tokens
        path: tokens
{{- end }}
{{- if .Values.liveSettings }}
- name: live-settings
  configMap:
    name: {{ include "ml-inference.name" . }}-live
{{- end }}
{{- end -}}

{{/* Folders, never single files by subPath: only a folder is kept up to date. */}}
{{- define "ml-inference.mounts" -}}
{{- if ne .Values.model.source "builtin" }}
- name: model
  mountPath: /models
  readOnly: true
{{- end }}
{{- if .Values.tokens.secretName }}
- name: tokens
  mountPath: /etc/ml-inference/tokens
  readOnly: true
{{- end }}
{{- if .Values.liveSettings }}
- name: live-settings
  mountPath: /etc/ml-inference/live
  readOnly: true
{{- end }}
{{- end -}}

{{- define "ml-inference.container" -}}
- name: ml-inference
  image: {{ include "ml-inference.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  ports:
    - name: http
      containerPort: 8000
      protocol: TCP
    {{- if .Values.service.grpcPort }}
    - name: grpc
      containerPort: 9000
      protocol: TCP
    {{- end }}
  env:
    {{- include "ml-inference.environment" . | nindent 4 }}
  {{- if .Values.drain.preStopSeconds }}
  lifecycle:
    preStop:
      sleep:
        seconds: {{ .Values.drain.preStopSeconds }}
  {{- end }}
  {{- with .Values.probes }}
  startupProbe:
    {{- include "ml-inference.probe" (list "/health" .startup) | nindent 4 }}
  livenessProbe:
    {{- include "ml-inference.probe" (list "/health" .liveness) | nindent 4 }}
  readinessProbe:
    {{- include "ml-inference.probe" (list "/ready" .readiness) | nindent 4 }}
  {{- end }}
  resources:
    {{- toYaml .Values.resources | nindent 4 }}
  {{- with .Values.resizePolicy }}
  resizePolicy:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities:
      drop:
        - ALL
  {{- with include "ml-inference.mounts" . | trim }}
  volumeMounts:
    {{- . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* Call with (list PATH NUMBERS). */}}
{{- define "ml-inference.probe" -}}
httpGet:
  path: {{ index . 0 }}
  port: http
{{ toYaml (index . 1) }}
{{- end -}}

{{/* Where a value of its own sets a variable, `settings` may not set it too: of two values for one
     name, Kubernetes takes the last without a word. */}}
{{- define "ml-inference.environment" -}}
{{- $names := dict
      "ML_INFERENCE_DRAIN_DELAY" "drain.delay" "ML_INFERENCE_DRAIN_LIMIT" "drain.limit"
      "ML_INFERENCE_MODEL" "model.source" "ML_INFERENCE_TOKEN_FILE" "tokens.secretName"
      "ML_INFERENCE_CONFIG_FILE" "liveSettings" "ML_INFERENCE_TRACE_SAMPLE" "tracing.sample"
      "ML_INFERENCE_OTLP_ENDPOINT" "tracing.endpoint"
      "ML_INFERENCE_GRPC_PORT" "service.grpcPort" -}}
- name: ML_INFERENCE_DRAIN_DELAY
  value: {{ .Values.drain.delay }}
- name: ML_INFERENCE_DRAIN_LIMIT
  value: {{ .Values.drain.limit }}
{{- if not .Values.service.grpcPort }}
- name: ML_INFERENCE_GRPC_PORT
  value: "off"
{{- end }}
{{- if ne .Values.model.source "builtin" }}
- name: ML_INFERENCE_MODEL
  value: /models/model.onnx
{{- end }}
{{- if .Values.tokens.secretName }}
- name: ML_INFERENCE_TOKEN_FILE
  value: /etc/ml-inference/tokens/tokens
{{- end }}
{{- if .Values.liveSettings }}
- name: ML_INFERENCE_CONFIG_FILE
  value: /etc/ml-inference/live/settings
{{- end }}
{{- if .Values.tracing.endpoint }}
{{ include "ml-inference.tracing" . }}
{{- end }}
{{- range $flag, $value := .Values.settings }}
{{- $name := printf "ML_INFERENCE_%s" ($flag | upper | replace "-" "_") }}
{{- if hasKey $names $name }}
{{- fail (printf "settings.%s: has a value of its own, %s" $flag (get $names $name)) }}
{{- end }}
- name: {{ $name }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- end -}}

{{/* Nodes by rule, zones by wish; both count the pods of one revision only, or a rolling update's
     old pods would push the new ones onto the wrong nodes. */}}
{{- define "ml-inference.spread" -}}
topologySpreadConstraints:
  {{- range $key, $unsatisfiable := dict
        "kubernetes.io/hostname" .Values.spread.nodes
        "topology.kubernetes.io/zone" .Values.spread.zones }}
  - topologyKey: {{ $key }}
    maxSkew: 1
    whenUnsatisfiable: {{ $unsatisfiable }}
    nodeTaintsPolicy: Honor
    labelSelector:
      matchLabels:
        {{- include "ml-inference.selector" $ | nindent 8 }}
    matchLabelKeys:
      - pod-template-hash
  {{- end }}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- include "ml-inference.selector" . | nindent 14 }}
          matchLabelKeys:
            - pod-template-hash
{{- end -}}

{{/* Who a span comes from is known to the cluster, not to the program. The attributes are made of the
     variables before them. */}}
{{- define "ml-inference.tracing" -}}
{{- $name := include "ml-inference.name" . -}}
{{- range $variable, $field := dict "POD_NAME" "metadata.name" "POD_UID" "metadata.uid"
      "POD_NAMESPACE" "metadata.namespace" "NODE_NAME" "spec.nodeName" }}
- name: {{ $variable }}
  valueFrom:
    fieldRef:
      fieldPath: {{ $field }}
{{- end }}
- name: OTEL_RESOURCE_ATTRIBUTES
  value: "k8s.pod.name=$(POD_NAME),k8s.pod.uid=$(POD_UID),\
    k8s.namespace.name=$(POD_NAMESPACE),k8s.node.name=$(NODE_NAME),\
    k8s.deployment.name={{ $name }},k8s.container.name=ml-inference"
- name: OTEL_SERVICE_NAME
  value: {{ $name }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ .Values.tracing.endpoint }}
- name: ML_INFERENCE_TRACE_SAMPLE
  value: {{ .Values.tracing.sample | toString | quote }}
{{- end -}}
