package example;

import com.google.protobuf.util.Durations;
import com.wxa.code.v1.CodeManagementGrpc;
import com.wxa.code.v1.CodeManagementGrpc.CodeManagementBlockingStub;
import com.wxa.code.v1.CommitRequest;
import com.wxa.code.v1.ListPagesRequest;
import com.wxa.code.v1.ListPagesResponse;
import com.wxa.code.v1.Operation;
import com.wxa.code.v1.OperationState;
import com.wxa.code.v1.OperationsGrpc;
import com.wxa.code.v1.OperationsGrpc.OperationsBlockingStub;
import com.wxa.code.v1.ReleaseRequest;
import com.wxa.code.v1.WaitOperationRequest;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Commits versions, waits for each, and reads errors. Arguments: gateway, service config, appid, number of commits. */
public final class Release {
  private static final Set<OperationState> FINAL =
      Set.of(
          OperationState.OPERATION_STATE_SUCCEEDED,
          OperationState.OPERATION_STATE_FAILED,
          OperationState.OPERATION_STATE_CANCELLED);

  private final CodeManagementBlockingStub code;
  private final OperationsBlockingStub operations;

  private Release(ManagedChannel channel) {
    code = CodeManagementGrpc.newBlockingStub(channel);
    operations = OperationsGrpc.newBlockingStub(channel);
  }

  public static void main(String[] args) throws Exception {
    ManagedChannel channel = Gateway.connect(args[0], Path.of(args[1]));
    Release release = new Release(channel);
    String appid = args[2];
    for (int i = 1; i <= Integer.parseInt(args[3]); i++) release.commit(appid, i);
    release.pages(appid);
    release.failedOperation(appid);
    release.invalidRequest(appid);
    channel.shutdown().awaitTermination(5, TimeUnit.SECONDS);
  }

  /** A change: it is accepted at once and runs later. The request_id makes a retry return the same operation. */
  private void commit(String appid, int number) throws InterruptedException {
    CommitRequest request =
        CommitRequest.newBuilder()
            .setAppid(appid)
            .setRequestId("commit-" + number)
            .setTemplateId(1)
            .setUserVersion("1.0." + number)
            .build();
    Operation accepted = Gateway.call(() -> code.withDeadlineAfter(60, TimeUnit.SECONDS).commit(request));
    Operation ended = waitUntilFinal(accepted.getId());
    System.out.println(ended.getRequestId() + " " + ended.getState());
  }

  /** Waits in slices, so that no call outlives a proxy's limit. */
  private Operation waitUntilFinal(String id) throws InterruptedException {
    WaitOperationRequest request =
        WaitOperationRequest.newBuilder().setId(id).setTimeout(Durations.fromSeconds(30)).setUntilFinal(true).build();
    while (true) {
      Operation operation =
          Gateway.call(() -> operations.withDeadlineAfter(60, TimeUnit.SECONDS).waitOperation(request));
      if (FINAL.contains(operation.getState())) return operation;
    }
  }

  /** A query: the call returns WeChat's answer. Its deadline covers the wait for earlier calls and for WeChat. */
  private void pages(String appid) throws InterruptedException {
    ListPagesRequest request = ListPagesRequest.newBuilder().setAppid(appid).setRequestId("pages-1").build();
    ListPagesResponse response = Gateway.call(() -> code.withDeadlineAfter(60, TimeUnit.SECONDS).listPages(request));
    System.out.println("pages " + response.getPagesCount());
  }

  /** WeChat's error of a change is in the operation. */
  private void failedOperation(String appid) throws InterruptedException {
    ReleaseRequest request = ReleaseRequest.newBuilder().setAppid(appid).setRequestId("release-1").build();
    Operation accepted = Gateway.call(() -> code.withDeadlineAfter(60, TimeUnit.SECONDS).release(request));
    Operation ended = waitUntilFinal(accepted.getId());
    System.out.println(
        ended.getRequestId() + " " + ended.getState() + " " + ended.getError().getErrcode() + " "
            + ended.getError().getReason());
  }

  /** An error of the call itself has details: here, which field is invalid. */
  private void invalidRequest(String appid) {
    CommitRequest request = CommitRequest.newBuilder().setAppid(appid).setUserVersion("1.0.0").build();
    try {
      code.withDeadlineAfter(60, TimeUnit.SECONDS).commit(request);
    } catch (StatusRuntimeException error) {
      System.out.println(Gateway.describe(error));
    }
  }
}
