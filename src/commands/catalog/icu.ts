import { IntlMessageFormat } from 'intl-messageformat';

/** What the parser's codes mean to somebody who writes texts. */
const WORDS: Readonly<Record<string, string>> = {
  EXPECT_ARGUMENT_CLOSING_BRACE: 'a { is not closed by }',
  UNCLOSED_TAG: 'a tag is not closed',
  EMPTY_ARGUMENT: 'there is nothing between { and }',
  MALFORMED_ARGUMENT: 'what stands between { and } is no argument',
  MISSING_OTHER_CLAUSE: 'a plural or select has no "other {...}"',
  UNCLOSED_QUOTE_IN_ARGUMENT_STYLE: 'an apostrophe is not closed',
  INVALID_ARGUMENT_TYPE: 'the argument has a kind that does not exist',
  EXPECT_PLURAL_ARGUMENT_SELECTOR: 'a plural has no cases such as one {...} other {...}',
  EXPECT_SELECT_ARGUMENT_SELECTOR: 'a select has no cases such as a {...} other {...}',
  EXPECT_SELECT_ARGUMENT_OPTIONS: 'a plural or select has no cases such as one {...} other {...}',
  EXPECT_PLURAL_ARGUMENT_SELECTOR_FRAGMENT: 'a case of a plural has no {...}',
  EXPECT_SELECT_ARGUMENT_SELECTOR_FRAGMENT: 'a case of a select has no {...}',
  DUPLICATE_PLURAL_ARGUMENT_SELECTOR: 'a case of a plural stands there twice',
  DUPLICATE_SELECT_ARGUMENT_SELECTOR: 'a case of a select stands there twice',
};

/** Why a text is no ICU message, to stand after its name; null when it is one. Read as the API reads it: tags are plain text. */
export function messageProblem(text: string): string | null {
  try {
    new IntlMessageFormat(text, 'en', undefined, { ignoreTag: true });
    return null;
  } catch (error) {
    const code = error instanceof Error ? error.message : String(error);
    return `is no ICU message: ${WORDS[code] ?? code.toLowerCase().replaceAll('_', ' ')}`;
  }
}
