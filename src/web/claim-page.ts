import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pickLocale } from '../platform/messages.ts';
import { CLAIM_TEXTS } from './claim-texts.ts';

/** A page as it is sent. */
export interface Page {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the page asks of the API. It is answered where only operations of a manifest are (`LAUREL_PERSISTED_ONLY`), too. */
export const CLAIM_OPERATION = `mutation Claim($input: ClaimAdminInput!) {
  claimAdmin(input: $input) {
    __typename
    ... on ClaimAdminSuccess { tokens { accessToken } }
    ... on InvalidUserError { issues { path } }
    ... on Error { message }
  }
}`;

/** What the API lets through, so that a browser need not ask; the API has the last word. Characters. */
export const CLAIM_FIGURES = { username: 50, least: 8, most: 200 } as const;

const LANGUAGES = Object.keys(CLAIM_TEXTS) as (keyof typeof CLAIM_TEXTS)[];

/**
 * Makes the page on which a person becomes an admin by the link that the server printed, in the best of its languages for who asks.
 * It is one file: its style and script are allowed by their hashes, nothing else is, and nothing in it is secret.
 */
export function createClaimPage({
  development,
}: {
  readonly development: boolean;
}): (locales: readonly string[]) => Page {
  const [frame, style, script] = ['claim.html', 'claim.css', 'claim.js'].map((name) =>
    readFileSync(join(import.meta.dirname, name), 'utf8'),
  ) as [string, string, string];
  const headers = headersOf({ style, script });
  const pages = new Map(
    LANGUAGES.map((lang) => [lang, { html: pageIn(lang, { frame, style, script, development }), headers }]),
  );
  return (locales) => pages.get(pickLocale(locales, LANGUAGES) as (typeof LANGUAGES)[number]) as Page;
}

function headersOf({ style, script }: { readonly style: string; readonly script: string }): Page['headers'] {
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    Vary: 'Accept-Language',
    'Content-Security-Policy': [
      "default-src 'none'",
      `script-src '${hashOf(script)}'`,
      `style-src '${hashOf(style)}'`,
      "connect-src 'self'",
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ].join('; '),
  };
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

interface Sources {
  readonly frame: string;
  readonly style: string;
  readonly script: string;
  readonly development: boolean;
}

function pageIn(lang: keyof typeof CLAIM_TEXTS, { frame, style, script, development }: Sources): string {
  const words = CLAIM_TEXTS[lang];
  const parts = JSON.stringify({ operation: CLAIM_OPERATION, words, figures: CLAIM_FIGURES }).replaceAll(
    '<',
    '\\u003c',
  );
  const explorer = development ? `<p><a href="/graphql">${escaped(words.explorer)}</a></p>` : '';
  const filled: Readonly<Record<string, string>> = {
    style: `<style>${style}</style>`,
    parts: `<script type="application/json" id="parts">${parts}</script>`,
    script: `<script>${script}</script>`,
    explorer,
  };
  return frame
    .replace('<html lang="en">', `<html lang="${lang}">`)
    .replace(/\{\{(\w+)\}\}/g, (_place, name: string) => {
      return filled[name] ?? escaped(words[name as keyof typeof words]);
    });
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
