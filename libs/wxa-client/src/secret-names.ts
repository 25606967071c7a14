const SECRET_NAME = /(token|secret|sessionkey|authcode|authorizationcode)$/;

/** A name as it is compared: in lower case and without `_`. */
export const plainName = (name: string): string => name.replaceAll('_', '').toLowerCase();

/** Whether a member or an element with this name holds a secret. */
export const isSecretName = (name: string): boolean => SECRET_NAME.test(plainName(name));
