package example;

import com.google.gson.Gson;
import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.Durations;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import io.grpc.CallCredentials;
import io.grpc.ChannelCredentials;
import io.grpc.CompositeChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.protobuf.StatusProto;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** The connection to the gateway, and its errors. */
final class Gateway {
  private static final int ATTEMPTS = 5;

  /** After a longer delay the caller should decide whether it still wants the call. */
  private static final Duration LONGEST_DELAY = Duration.ofSeconds(60);

  private Gateway() {}

  /**
   * Connects with a service config, which retries calls that fail with UNAVAILABLE. With WXA_CA_FILE over TLS, with the API key
   * or JWT of WXA_TOKEN_FILE; without it as `npm start`.
   */
  static ManagedChannel connect(String address, Path serviceConfig) throws IOException {
    Map<String, ?> config = new Gson().<Map<String, ?>>fromJson(Files.readString(serviceConfig), Map.class);
    return Grpc.newChannelBuilder(address, credentials()).defaultServiceConfig(config).enableRetry().build();
  }

  private static ChannelCredentials credentials() throws IOException {
    String ca = System.getenv("WXA_CA_FILE");
    if (ca == null) return InsecureChannelCredentials.create();
    ChannelCredentials tls = TlsChannelCredentials.newBuilder().trustManager(new File(ca)).build();
    String token = Files.readString(Path.of(System.getenv("WXA_TOKEN_FILE"))).strip();
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
    return CompositeChannelCredentials.create(
        tls,
        new CallCredentials() {
          @Override
          public void applyRequestMetadata(RequestInfo request, Executor executor, MetadataApplier applier) {
            applier.apply(headers);
          }
        });
  }

  /**
   * Makes a call, and again after the delay that its error allows. The request of a change needs a request_id.
   *
   * @param call makes it with a new deadline each time.
   */
  static <T> T call(Supplier<T> call) throws InterruptedException {
    for (int attempt = 1; ; attempt++) {
      try {
        return call.get();
      } catch (StatusRuntimeException error) {
        Optional<Duration> delay = retryDelay(error).filter(each -> each.compareTo(LONGEST_DELAY) <= 0);
        if (delay.isEmpty() || attempt == ATTEMPTS) throw error;
        TimeUnit.NANOSECONDS.sleep(delay.get().toNanos());
      }
    }
  }

  /** The time after which the same request can succeed; empty if it cannot. */
  static Optional<Duration> retryDelay(StatusRuntimeException error) {
    Status status = StatusProto.fromThrowable(error);
    // WeChat refused a query: the same request_id returns the same error.
    if (!detail(status, ErrorInfo.class).map(info -> info.getMetadataOrDefault("api", "")).orElse("").isEmpty())
      return Optional.empty();
    Optional<Duration> delay =
        detail(status, RetryInfo.class)
            .map(info -> Duration.ofSeconds(info.getRetryDelay().getSeconds(), info.getRetryDelay().getNanos()));
    // The service config does not retry a call whose connection is lost in the middle of the response.
    boolean isLost = error.getStatus().getCode() == Code.UNAVAILABLE;
    return delay.or(() -> isLost ? Optional.of(Duration.ofSeconds(1)) : Optional.empty());
  }

  /** Describes an error: status code, reason, invalid fields, and the delay after which a retry can succeed. */
  static String describe(StatusRuntimeException error) {
    String code = error.getStatus().getCode().name();
    Status status = StatusProto.fromThrowable(error);
    // An error that the client library raised itself has no ErrorInfo, for example if no gateway can be reached.
    if (status == null) return code + " " + error.getStatus().getDescription();
    String reason = detail(status, ErrorInfo.class).map(ErrorInfo::getReason).orElse("");
    String fields =
        detail(status, BadRequest.class).stream()
            .flatMap(request -> request.getFieldViolationsList().stream())
            .map(BadRequest.FieldViolation::getField)
            .collect(Collectors.joining(","));
    String retry =
        detail(status, RetryInfo.class).map(info -> "retry after " + Durations.toString(info.getRetryDelay())).orElse("");
    return String.join(" ", code, reason, fields, retry).trim();
  }

  private static <T extends Message> Optional<T> detail(Status status, Class<T> type) {
    if (status == null) return Optional.empty();
    for (Any any : status.getDetailsList()) {
      try {
        if (any.is(type)) return Optional.of(any.unpack(type));
      } catch (InvalidProtocolBufferException invalid) {
        throw new IllegalStateException(invalid);
      }
    }
    return Optional.empty();
  }
}
