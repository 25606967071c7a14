{{- define "wxa.databaseUrl" -}}
{{- $db := .root.Values.database -}}
postgres://{{ .user }}@{{ $db.host }}:{{ $db.port }}/{{ $db.name }}?sslmode={{ $db.sslmode }}
{{- if and $db.caConfigMap (eq $db.sslmode "verify-full") }}&sslrootcert=/etc/wxa/database-ca/ca.crt{{ end -}}
{{- end }}

{{- /* Settings of both apps, by name. Secrets are files. */ -}}
{{- define "wxa.sharedEnv" -}}
{{- $v := .Values -}}
DATABASE_URL: {{ include "wxa.databaseUrl" (dict "root" . "user" $v.database.user) | quote }}
DATABASE_PASSWORD_FILE: /etc/wxa/database/password
DATABASE_POOL_SIZE: {{ $v.database.poolSize | quote }}
KAFKA_BROKERS: {{ join "," $v.kafka.brokers | quote }}
KAFKA_TLS: {{ ternary "on" "off" $v.kafka.tls.enabled | quote }}
{{- if $v.kafka.tls.caConfigMap }}
KAFKA_TLS_CA_FILE: /etc/wxa/kafka-ca/ca.crt
{{- end }}
{{- if $v.kafka.tls.clientSecret }}
KAFKA_TLS_CERT_FILE: /etc/wxa/kafka-tls/tls.crt
KAFKA_TLS_KEY_FILE: /etc/wxa/kafka-tls/tls.key
{{- end }}
{{- with $v.kafka.sasl.mechanism }}
KAFKA_SASL_MECHANISM: {{ . }}
{{- if eq . "oauthbearer" }}
KAFKA_SASL_TOKEN_COMMAND: {{ toJson $v.kafka.sasl.tokenCommand | quote }}
{{- else }}
KAFKA_SASL_USERNAME_FILE: /etc/wxa/kafka/username
KAFKA_SASL_PASSWORD_FILE: /etc/wxa/kafka/password
{{- end }}
{{- end }}
{{- with $v.kafka.topicPrefix }}
KAFKA_TOPIC_PREFIX: {{ . | quote }}
{{- end }}
KAFKA_REPLICATION_FACTOR: {{ $v.kafka.replicationFactor | quote }}
KAFKA_TOPIC_PARTITIONS: {{ $v.kafka.partitions | quote }}
KAFKA_CREATE_TOPICS: {{ ternary "on" "off" $v.kafka.createTopics | quote }}
{{- with $v.wechat.componentAppid }}
WECHAT_COMPONENT_APPID: {{ . }}
{{- end }}
WECHAT_API_URL: {{ $v.wechat.apiUrl | quote }}
WECHAT_TOKEN_SOURCE: {{ $v.wechat.tokenSource }}
{{- if $v.secretsKey.command }}
SECRETS_KEY_COMMAND: {{ toJson $v.secretsKey.command | quote }}
{{- else if $v.secretsKey.secret }}
SECRETS_KEY_FILE: /etc/wxa/key/key
{{- if $v.secretsKey.hasPrevious }}
SECRETS_KEY_PREVIOUS_FILE: /etc/wxa/key/key-previous
{{- end }}
{{- end }}
LOG_LEVEL: {{ $v.logLevel }}
{{- with $v.otlpEndpoint }}
OTEL_EXPORTER_OTLP_ENDPOINT: {{ . | quote }}
{{- end }}
{{- end }}

{{- define "wxa.gatewayEnv" -}}
{{- $v := .Values -}}
GRPC_ADDR: 0.0.0.0:50051
HTTP_ADDR: 0.0.0.0:8080
ADMIN_ADDR: 0.0.0.0:8081
GRPC_MAX_CONNECTION_AGE_MS: {{ int64 $v.gateway.maxConnectionAgeMs | quote }}
SHUTDOWN_DELAY_MS: {{ int64 $v.gateway.drain.delayMs | quote }}
SHUTDOWN_GRACE_MS: {{ int64 $v.gateway.drain.graceMs | quote }}
{{- if $v.grpc.tls.secret }}
GRPC_TLS_CERT_FILE: /etc/wxa/grpc-tls/tls.crt
GRPC_TLS_KEY_FILE: /etc/wxa/grpc-tls/tls.key
{{- if $v.grpc.tls.clientCa }}
GRPC_TLS_CLIENT_CA_FILE: /etc/wxa/client-ca/ca.crt
GRPC_TLS_CLIENT_AUTH: {{ $v.grpc.tls.clientAuth }}
{{- end }}
{{- end }}
{{- if include "wxa.policyConfigMap" . }}
AUTH_POLICY_FILE: /etc/wxa/policy/policy.yaml
{{- else }}
AUTH: none
{{- end }}
{{- if $v.tokenService.enabled }}
TOKEN_SERVICE_ADDR: 0.0.0.0:8443
{{- end }}
{{- if include "wxa.forwardSource" . }}
CALLBACK_FORWARD_FILE: /etc/wxa/forwards/forwards.yaml
{{- end }}
{{- with $v.grpc.jwt.jwksUrl }}
AUTH_JWT_JWKS: {{ . | quote }}
AUTH_JWT_ISSUER: {{ $v.grpc.jwt.issuer | quote }}
AUTH_JWT_AUDIENCE: {{ $v.grpc.jwt.audience | quote }}
{{- end }}
WECHAT_CALLBACK_MODE: {{ $v.wechat.callbackMode }}
{{- if eq $v.wechat.callbackMode "secure" }}
WECHAT_CALLBACK_TOKEN_FILE: /etc/wxa/wechat/callback-token
WECHAT_ENCODING_AES_KEY_FILE: /etc/wxa/wechat/encoding-aes-key
{{- if $v.wechat.hasPrevious }}
WECHAT_CALLBACK_TOKEN_PREVIOUS_FILE: /etc/wxa/wechat/callback-token-previous
WECHAT_ENCODING_AES_KEY_PREVIOUS_FILE: /etc/wxa/wechat/encoding-aes-key-previous
{{- end }}
{{- end }}
{{- end }}

{{- define "wxa.workerEnv" -}}
{{- $v := .Values -}}
WORKER_HTTP_ADDR: 0.0.0.0:8081
WORKER_CONCURRENCY: {{ $v.worker.concurrency | quote }}
SHUTDOWN_GRACE_MS: {{ int64 $v.worker.drain.graceMs | quote }}
{{- if $v.wechat.proxySecret }}
WECHAT_PROXY_URL_FILE: /etc/wxa/proxy/url
{{- end }}
{{- if eq $v.wechat.tokenSource "component" }}
WECHAT_COMPONENT_APPSECRET_FILE: /etc/wxa/wechat/component-appsecret
{{- else if eq $v.wechat.tokenSource "endpoint" }}
WECHAT_TOKEN_URL: {{ $v.wechat.tokenUrl | quote }}
{{- if $v.wechat.tokenUrlKeySecret }}
WECHAT_TOKEN_URL_KEY_FILE: /etc/wxa/token-url/key
{{- end }}
{{- if $v.wechat.tokenUrlCaConfigMap }}
WECHAT_TOKEN_URL_CA_FILE: /etc/wxa/token-url-ca/ca.crt
{{- end }}
{{- else }}
WECHAT_STATIC_TOKENS_FILE: /etc/wxa/wechat/static-tokens
{{- end }}
{{- end }}

{{- define "wxa.consoleEnv" -}}
{{- $v := .Values -}}
{{- $console := $v.console -}}
CONSOLE_ADDR: 0.0.0.0:8082
ADMIN_ADDR: 0.0.0.0:8081
CONSOLE_PUBLIC_URL: {{ $console.publicUrl | quote }}
GATEWAY_ADDR: {{ include "wxa.name" (dict "root" . "app" "gateway-grpc") }}:50051
{{- if $console.gateway.caConfigMap }}
GATEWAY_TLS_CA_FILE: /etc/wxa/gateway-ca/ca.crt
{{- end }}
{{- if $console.gateway.clientSecret }}
GATEWAY_TLS_CERT_FILE: /etc/wxa/gateway-tls/tls.crt
GATEWAY_TLS_KEY_FILE: /etc/wxa/gateway-tls/tls.key
{{- end }}
{{- if $console.gateway.apiKeySecret }}
GATEWAY_API_KEY_FILE: /etc/wxa/gateway-key/key
{{- end }}
CONSOLE_SECRET_FILE: /etc/wxa/console/key
{{- if $console.hasPrevious }}
CONSOLE_SECRET_PREVIOUS_FILE: /etc/wxa/console/key-previous
{{- end }}
{{- if $console.usersSecret }}
CONSOLE_USERS_FILE: /etc/wxa/users/users.json
{{- end }}
{{- if $console.scopesSecret }}
CONSOLE_SCOPES_FILE: /etc/wxa/scopes/scopes.json
{{- end }}
CONSOLE_IDLE_MINUTES: {{ int64 $console.idleMinutes | quote }}
{{- with $console.environment }}
CONSOLE_ENVIRONMENT: {{ . | quote }}
{{- end }}
{{- with $console.trustedProxies }}
CONSOLE_TRUSTED_PROXIES: {{ join "," . | quote }}
{{- end }}
{{- with $console.oidc.issuer }}
OIDC_ISSUER: {{ . | quote }}
OIDC_CLIENT_ID: {{ $console.oidc.clientId | quote }}
OIDC_CLIENT_SECRET_FILE: /etc/wxa/console/oidc-client-secret
OIDC_ROLE_CLAIM: {{ $console.oidc.roleClaim | quote }}
{{- with $console.oidc.nameClaim }}
OIDC_NAME_CLAIM: {{ . | quote }}
{{- end }}
{{- end }}
SHUTDOWN_DELAY_MS: {{ int64 $console.drain.delayMs | quote }}
SHUTDOWN_GRACE_MS: {{ int64 $console.drain.graceMs | quote }}
LOG_LEVEL: {{ $v.logLevel }}
{{- end }}

{{- /* The env list of a container; `settings` come last, so that they win. Helm reads numbers as
     floating-point, which print 1200000 as 1.2e+06. */ -}}
{{- define "wxa.env" -}}
{{- range $name, $value := mergeOverwrite (fromYaml .shared) (fromYaml .own) .settings }}
- name: {{ $name }}
  value: {{ ternary (int64 $value) $value (kindIs "float64" $value) | toString | quote }}
{{- end }}
{{- end }}

{{- /* Volumes by the folder below /etc/wxa in which they are mounted. */ -}}
{{- define "wxa.sharedVolumes" -}}
{{- $v := .Values -}}
database: { secret: { secretName: {{ $v.database.secret }}, items: [{ key: password, path: password }] } }
{{- if and $v.database.caConfigMap (eq $v.database.sslmode "verify-full") }}
database-ca: { configMap: { name: {{ $v.database.caConfigMap }} } }
{{- end }}
{{- with $v.kafka.tls.caConfigMap }}
kafka-ca: { configMap: { name: {{ . }} } }
{{- end }}
{{- with $v.kafka.tls.clientSecret }}
kafka-tls: { secret: { secretName: {{ . }} } }
{{- end }}
{{- if and $v.kafka.sasl.mechanism (ne $v.kafka.sasl.mechanism "oauthbearer") }}
kafka: { secret: { secretName: {{ $v.kafka.sasl.secret }} } }
{{- end }}
{{- if and $v.secretsKey.secret (not $v.secretsKey.command) }}
key: { secret: { secretName: {{ $v.secretsKey.secret }} } }
{{- end }}
{{- end }}

{{- define "wxa.gatewayVolumes" -}}
{{- with .Values.grpc.tls.secret }}
grpc-tls: { secret: { secretName: {{ . }} } }
{{- with $.Values.grpc.tls.clientCa }}
client-ca: { configMap: { name: {{ . }} } }
{{- end }}
{{- end }}
{{- with include "wxa.policyConfigMap" . }}
policy: { configMap: { name: {{ . }} } }
{{- end }}
{{- with include "wxa.forwardSource" . }}
forwards: {{ . }}
{{- end }}
{{- if eq .Values.wechat.callbackMode "secure" }}
{{- $keys := list "callback-token" "encoding-aes-key" }}
{{- if .Values.wechat.hasPrevious }}
{{- $keys = concat $keys (list "callback-token-previous" "encoding-aes-key-previous") }}
{{- end }}
{{- include "wxa.wechatVolume" (dict "secret" .Values.wechat.secret "keys" $keys) }}
{{- end }}
{{- end }}

{{- define "wxa.workerVolumes" -}}
{{- $key := get (dict "component" "component-appsecret" "static" "static-tokens") .Values.wechat.tokenSource }}
{{- with $key }}
{{- include "wxa.wechatVolume" (dict "secret" $.Values.wechat.secret "keys" (list .)) }}
{{- end }}
{{- if eq .Values.wechat.tokenSource "endpoint" }}
{{- with .Values.wechat.tokenUrlKeySecret }}
token-url: { secret: { secretName: {{ . }} } }
{{- end }}
{{- with .Values.wechat.tokenUrlCaConfigMap }}
token-url-ca: { configMap: { name: {{ . }} } }
{{- end }}
{{- end }}
{{- with .Values.wechat.proxySecret }}
proxy: { secret: { secretName: {{ . }} } }
{{- end }}
{{- end }}

{{- define "wxa.consoleVolumes" -}}
{{- $console := .Values.console -}}
console: { secret: { secretName: {{ $console.secret }} } }
{{- with $console.usersSecret }}
users: { secret: { secretName: {{ . }} } }
{{- end }}
{{- with $console.scopesSecret }}
scopes: { secret: { secretName: {{ . }} } }
{{- end }}
{{- with $console.gateway.caConfigMap }}
gateway-ca: { configMap: { name: {{ . }} } }
{{- end }}
{{- with $console.gateway.clientSecret }}
gateway-tls: { secret: { secretName: {{ . }} } }
{{- end }}
{{- with $console.gateway.apiKeySecret }}
gateway-key: { secret: { secretName: {{ . }} } }
{{- end }}
{{- end }}

{{- /* Only the keys that the app reads. */ -}}
{{- define "wxa.wechatVolume" }}
wechat:
  secret:
    secretName: {{ .secret }}
    items:
      {{- range .keys }}
      - { key: {{ . }}, path: {{ . }} }
      {{- end }}
{{- end }}
