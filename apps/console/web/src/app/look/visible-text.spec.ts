import { expect, it } from '@jest/globals';
import React from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import './visible-text.js';

const NAME = 'release\u202Eesaeler';
const SHOWN = 'release[U+202E]esaeler';
const { createElement: h, Fragment } = React;
const Name = ({ children }: { children: string }) => h('b', null, children);

it('A format character in a text is shown by its number, wherever the text is', () => {
  const html = renderToStaticMarkup(
    h('p', null, NAME, h(Fragment, null, NAME), h(Name, { children: NAME }), [NAME, 'a\u200Bb']),
  );
  expect(html).toBe(`<p>${SHOWN}${SHOWN}<b>${SHOWN}</b>${SHOWN}a[U+200B]b</p>`);
});

it('The value of a field keeps its characters', () => {
  expect(renderToStaticMarkup(h('input', { defaultValue: NAME }))).toContain(NAME);
});
