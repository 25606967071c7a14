import { CommitRequest, type Problem, problem } from '@wxa/contracts';
import { ROOMS, type Violation, violationsBy } from '@wxa/methods';
import { parse } from 'lossless-json';

/** Stands for any mini-program in a request that is only validated. */
export const sampleAppid = `wx${'0'.repeat(16)}`;

/**
 * A JSON object of at most `max` bytes, as Commit accepts it; empty is valid. A member must not be named twice. Commit also accepts
 * each merge of two valid texts, because neither levels nor the larger of two limits for bytes can be exceeded by it.
 */
export const extJsonViolation =
  (max: number) =>
  (text: string): Problem | undefined => {
    if (text === '') return undefined;
    const actual = Buffer.byteLength(text);
    if (actual > max) return problem('TOO_MANY_BYTES', { max, actual });
    const [violation] = committed(text);
    return violation ?? syntaxError(text);
  };

/** The violations of an `ext_json` by Commit's own rules. */
function committed(text: string): Violation[] {
  const extConfig = { $case: 'extJson' as const, value: text };
  const request = CommitRequest.create({ appid: sampleAppid, extConfig });
  return violationsBy(ROOMS.Commit.validate, request).filter(({ field }) => field === 'ext_json');
}

function syntaxError(text: string): Problem | undefined {
  try {
    parse(text);
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 120) : 'unreadable';
    return problem('JSON_SYNTAX', { error: reason });
  }
}
