import { expect, it } from '@jest/globals';
import { render } from 'preact-render-to-string';
import './visible-text.js';

const NAME = 'release\u202Eesaeler';

it('A format character in a text is shown by its number, wherever the text is', () => {
  const Name = ({ children }: { children: string }) => <b>{children}</b>;
  const page = (
    <main>
      <h1>{NAME}</h1>
      <>{NAME}</>
      <p>
        Name: {NAME} <Name>{NAME}</Name>
      </p>
      {[NAME, 1, 'a\u200Bb']}
    </main>
  );
  const html = render(page);
  expect(html).not.toMatch(/\p{Cf}/u);
  expect(html.split('release[U+202E]esaeler')).toHaveLength(6);
  expect(html).toContain('a[U+200B]b');
});

it('The input of a form keeps its characters', () => {
  expect(render(<textarea>{NAME}</textarea>)).toBe(`<textarea>${NAME}</textarea>`);
  expect(render(<input value={NAME} />)).toContain(NAME);
});
