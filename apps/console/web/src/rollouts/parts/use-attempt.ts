import type { FormInstance } from 'antd';
import { useState } from 'react';
import type { ApiError } from '../../api/call.js';
import { fieldData } from '../../api/field-path.js';

/** Does what takes several calls; keeps why it was refused, also at the fields of a form with a specification. */
export function useAttempt(form?: FormInstance) {
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  /** Whether it was done. @param act resolves with false if it was not, without an error. */
  const attempt = async (act: () => Promise<unknown>): Promise<boolean> => {
    setBusy(true);
    setError(undefined);
    try {
      return (await act()) !== false;
    } catch (failure) {
      setError(failure as ApiError);
      form?.setFields(fieldData((failure as ApiError).violations ?? [], 'spec'));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { attempt, error, isBusy };
}
