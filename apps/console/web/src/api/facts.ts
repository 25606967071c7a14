/** What the server writes into the page. */
interface Facts {
  language: 'zh' | 'en';
  /** What this deployment is called. */
  environment?: string;
  /** The ways to log in. */
  logins: { password: boolean; singleSignOn: boolean };
  /** Who is logged in. `scope`: the set of mini-programs that the user sees; all that the console may see unless given. */
  session?: { name: string; role: 'viewer' | 'operator'; scope?: string; formToken: string };
}

const content = document.querySelector<HTMLMetaElement>('meta[name="console-facts"]')?.content ?? '{}';

export const facts: Readonly<Facts> = JSON.parse(content);

/** Of style elements that scripts add. */
export const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
