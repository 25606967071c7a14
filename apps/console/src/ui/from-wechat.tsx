import type { GetAuditScreenshotResponse, GetTrialQrCodeResponse } from '@wxa/contracts';
import type { ComponentChildren } from 'preact';
import type { Failure } from '../gateway/failure.js';
import type { Visit } from '../visit/visit.js';
import { ErrorBox } from './form.js';

const PARAMETER = 'wechat';

/** Whether this request is for the page with WeChat's answers, which may take 30 s. */
export function asksWechat({ url }: Visit): boolean {
  return url.searchParams.has(PARAMETER);
}

/**
 * The part of a page that WeChat's answers fill. The page itself comes without them: htmx then requests the same page
 * with the parameter `wechat` and takes this part of it. Without JavaScript, a link leads there.
 */
export function FromWechat(props: {
  visit: Visit;
  /** Input of a form around it, which the request for the answers carries along. */
  keep?: Readonly<Record<string, string>>;
  children: ComponentChildren;
}) {
  const { visit, keep = {}, children } = props;
  if (asksWechat(visit)) return <div id="wechat">{children}</div>;
  const { t, url } = visit;
  const asking = new URL(url);
  for (const [name, value] of Object.entries(keep)) asking.searchParams.set(name, value);
  asking.searchParams.set(PARAMETER, '1');
  const href = `${asking.pathname}${asking.search}`;
  return (
    <div id="wechat" hx-get={href} hx-trigger="load" hx-select="#wechat" hx-swap="outerHTML">
      <p class="empty">
        {t('wechatIsSlow')} <a href={href}>{t('askWechat')}</a>
      </p>
    </div>
  );
}

/** Text of WeChat or of a caller, as text; only `<br>`, which WeChat puts into reasons of audits, breaks the line. */
export function ForeignText({ children }: { children: string }) {
  const lines = children.split(/<br\s*\/?>|\n/i);
  return (
    <>
      {lines.map((line, i) => (
        <>
          {i > 0 && <br />}
          {line}
        </>
      ))}
    </>
  );
}

/** Why WeChat gave no answer. */
export function NoAnswer({ visit, failure }: { visit: Visit; failure: Failure }) {
  return (
    <>
      <p class="bad">{visit.t('noAnswer')}</p>
      <ErrorBox visit={visit} failure={failure} />
    </>
  );
}

/** The QR code of a trial version. */
export function QrCode({ image, text }: { image: GetTrialQrCodeResponse; text: string }) {
  return <img src={dataUrl(image.image, image.contentType)} alt={text} width={240} height={240} />;
}

/** A screenshot of an audit. */
export function Screenshot({ picture, text }: { picture: GetAuditScreenshotResponse; text: string }) {
  return <img src={dataUrl(picture.content, picture.contentType)} alt={text} width={240} />;
}

function dataUrl(content: Uint8Array, contentType: string): string {
  return `data:${contentType};base64,${Buffer.from(content).toString('base64')}`;
}
