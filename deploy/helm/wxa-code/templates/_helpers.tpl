{{- define "wxa.name" -}}
{{- printf "%s-%s" .root.Release.Name .app | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{- define "wxa.selector" -}}
app.kubernetes.io/name: wxa-code
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .app }}
{{- end }}

{{- define "wxa.labels" -}}
{{ include "wxa.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "wxa.image" -}}
{{- .Values.image.repository -}}
{{- with .Values.image.tag }}:{{ . }}{{ end -}}
{{- with .Values.image.digest }}@{{ . }}{{ end -}}
{{- end }}

{{- define "wxa.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "wxa.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- /* Whole seconds of the time that a process may take after SIGTERM, and 10 s. */ -}}
{{- define "wxa.gracePeriod" -}}
{{- add (ceil (divf (add (.delayMs | default 0) .graceMs) 1000.0)) 10 -}}
{{- end }}

{{- /* Probes of the admin listener. gRPC probes are not used: grpc-js leaks memory with those of the kubelet (grpc/grpc-node#2975). */ -}}
{{- define "wxa.probes" -}}
startupProbe:
  httpGet: { path: /healthz, port: admin }
  periodSeconds: 2
  failureThreshold: 60
readinessProbe:
  httpGet: { path: /readyz, port: admin }
  periodSeconds: 5
  timeoutSeconds: 2
livenessProbe:
  httpGet: { path: /healthz, port: admin }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- end }}

{{- define "wxa.topologySpread" -}}
topologySpreadConstraints:
  {{- $keys := ternary (list "topology.kubernetes.io/zone" "kubernetes.io/hostname") (list "kubernetes.io/hostname") .root.Values.topologySpread.zone }}
  {{- range $keys }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "wxa.selector" $ | nindent 8 }}
  {{- end }}
{{- end }}

{{- /* Of what a process reads at its start only; certificates, passwords and the policy are read again. */ -}}
{{- define "wxa.startChecksum" -}}
{{- list .Values.wechat .Values.secretsKey .Values.secretsRevision | toJson | sha256sum -}}
{{- end }}

{{- define "wxa.policyConfigMap" -}}
{{- if .Values.grpc.policy.content -}}
{{ include "wxa.name" (dict "root" . "app" "policy") }}
{{- else -}}
{{ .Values.grpc.policy.configMap }}
{{- end -}}
{{- end }}

{{- /* The volume with the forward file; empty: nothing is forwarded. */ -}}
{{- define "wxa.forwardSource" -}}
{{- $forwards := .Values.forwards -}}
{{- if $forwards.content -}}
{ configMap: { name: {{ include "wxa.name" (dict "root" . "app" "forwards") }} } }
{{- else if $forwards.configMap -}}
{ configMap: { name: {{ $forwards.configMap }} } }
{{- else if $forwards.secret -}}
{ secret: { secretName: {{ $forwards.secret }} } }
{{- end -}}
{{- end }}

{{- /* The port of an http or https URL. */ -}}
{{- define "wxa.portOf" -}}
{{- $url := urlParse . -}}
{{- if contains ":" $url.host -}}
{{ last (splitList ":" $url.host) }}
{{- else -}}
{{ ternary "443" "80" (eq $url.scheme "https") }}
{{- end -}}
{{- end }}

{{- /* The destinations of a rule of egress; none given: any host. */ -}}
{{- define "wxa.to" -}}
{{- with . }}to: {{ toJson . }}{{ end -}}
{{- end }}
