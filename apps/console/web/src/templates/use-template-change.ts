import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App } from 'antd';
import { useState } from 'react';
import { ApiError, call } from '../api/call.js';
import { errorText } from '../api/error-text.js';
import { newRequestId } from '../api/request-id.js';
import type { Request, Response } from '../api/types.js';
import { hintOf } from '../text/hint.js';
import { language, t } from '../text/text.js';

type Change = 'Templates/AddTemplate' | 'Templates/DeleteTemplate';

/** Long enough to be read. */
const SHOWN_S = 10;
const FINAL = /_(SUCCEEDED|FAILED|CANCELLED|IN_DOUBT)$/;

/** A change of the library: it runs until WeChat has answered, says how it ended, and reads both lists again. */
export function useTemplateChange<M extends Change>(method: M, success: string) {
  const { message } = App.useApp();
  const queries = useQueryClient();
  // It stays until the end is known: the same click again after a lost answer acts once.
  const [requestId, setRequestId] = useState(newRequestId);
  return useMutation<void, Error, Request<M>>({
    mutationFn: async (request) => {
      const sent = { ...(request as Request<Change>), requestId };
      let operation: Response<Change> = await call<Change>(method, sent);
      while (!FINAL.test(operation.state))
        operation = await call('Operations/WaitOperation', { id: operation.id, timeout: '20s' });
      setRequestId(newRequestId());
      const { state, error } = operation;
      if (state !== 'OPERATION_STATE_SUCCEEDED')
        throw new Error(`${t('templates.failed')} ${error ? hintOf(error, language) : ''}`);
    },
    onSuccess: () => void message.success(success),
    onError: (error) =>
      void message.error(error instanceof ApiError ? errorText(error) : error.message, SHOWN_S),
    onSettled: () => {
      for (const key of ['Templates/ListTemplates', 'Templates/ListDrafts', 'Operations/ListOperations'])
        void queries.invalidateQueries({ queryKey: [key] });
    },
  });
}
