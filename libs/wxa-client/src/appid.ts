/** Whether a text has the form of a mini-program's appid. */
export const isAppid = (text: string | undefined): text is string => /^wx[0-9a-f]{16}$/.test(text ?? '');
