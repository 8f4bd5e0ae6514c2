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
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if .Values.spread.enabled }}
{{- include "ml-inference.spread" . | nindent 0 }}
{{- end }}
containers:
  {{- include "ml-inference.container" . | nindent 2 }}
{{- end -}}

{{- define "ml-inference.container" -}}
- name: ml-inference
  image: {{ include "ml-inference.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  ports:
    - name: http
      containerPort: 8000
      protocol: TCP
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
{{- $names := dict "ML_INFERENCE_DRAIN_DELAY" "drain.delay" "ML_INFERENCE_DRAIN_LIMIT" "drain.limit" -}}
- name: ML_INFERENCE_DRAIN_DELAY
  value: {{ .Values.drain.delay }}
- name: ML_INFERENCE_DRAIN_LIMIT
  value: {{ .Values.drain.limit }}
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
