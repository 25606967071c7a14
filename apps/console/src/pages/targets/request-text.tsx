import { CommitRequest, type RolloutTarget, SubmitAuditRequest } from '@wxa/contracts';

/** The requests of a target as they were or would be sent, folded; longer ones are cut after `limit` characters. */
export function RequestTexts({ target, limit = Infinity }: { target: RolloutTarget; limit?: number }) {
  const { commit, submitAudit } = target;
  return (
    <>
      {commit && <RequestText name="commit" request={CommitRequest.toJSON(commit)} limit={limit} />}
      {submitAudit && (
        <RequestText name="submit_audit" request={SubmitAuditRequest.toJSON(submitAudit)} limit={limit} />
      )}
    </>
  );
}

function RequestText({ name, request, limit }: { name: string; request: unknown; limit: number }) {
  const text = JSON.stringify(request, null, 2);
  return (
    <details>
      <summary>
        <code>{name}</code>
      </summary>
      <pre>{text.length > limit ? `${text.slice(0, limit)}…` : text}</pre>
    </details>
  );
}
