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
