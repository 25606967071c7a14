{{- /* The pod of an app: root, app, command, ports, resources, env, volumes (YAML by folder), grace (seconds). */ -}}
{{- define "wxa.pod" -}}
{{- $volumes := fromYaml .volumes -}}
metadata:
  labels:
    {{- include "wxa.labels" . | nindent 4 }}
  annotations:
    checksum/start: {{ include "wxa.startChecksum" .root }}
spec:
  serviceAccountName: {{ include "wxa.name" . }}
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: {{ .grace }}
  securityContext:
    {{- include "wxa.podSecurity" .root | nindent 4 }}
  {{- with .root.Values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  {{- include "wxa.topologySpread" . | nindent 2 }}
  containers:
    - name: {{ .app }}
      image: {{ include "wxa.image" .root | quote }}
      command: {{ toJson .command }}
      env:
        {{- .env | trim | nindent 8 }}
      ports:
        {{- toYaml .ports | nindent 8 }}
      {{- include "wxa.probes" . | nindent 6 }}
      resources:
        {{- toYaml .resources | nindent 8 }}
      securityContext:
        {{- include "wxa.containerSecurity" .root | nindent 8 }}
      volumeMounts:
        - { name: tmp, mountPath: /tmp }
        {{- range $folder, $_ := $volumes }}
        - { name: {{ $folder }}, mountPath: /etc/wxa/{{ $folder }}, readOnly: true }
        {{- end }}
  volumes:
    - name: tmp
      emptyDir: { sizeLimit: 64Mi }
    {{- range $folder, $source := $volumes }}
    - name: {{ $folder }}
      {{- toYaml $source | nindent 6 }}
    {{- end }}
{{- end }}
