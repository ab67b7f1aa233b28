import {
  type ASTNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type ValidationRule,
  visit,
} from 'graphql';
import { badUserInput } from './errors.ts';

/** Most lexical tokens of a document; given to the parser, which stops there. */
export const MOST_TOKENS = 1_000;
/** Most aliases of one operation, those of `__typename` too. */
export const MOST_ALIASES = 15;
/** Most directives of one operation. */
export const MOST_DIRECTIVES = 5;

/** Refuses an operation with too many aliases or directives. What stands in a fragment counts each time it is spread. */
export const aliasAndDirectiveRule: ValidationRule = (context) => {
  const counts = countIn(context.getDocument());
  return {
    OperationDefinition(node) {
      const { aliases, directives } = counts(node);
      const refuse = (message: string): void => context.reportError(badUserInput(message));
      if (aliases > MOST_ALIASES) refuse(`The operation has ${aliases} aliases; at most ${MOST_ALIASES} are answered`);
      if (directives > MOST_DIRECTIVES) {
        refuse(`The operation has ${directives} directives; at most ${MOST_DIRECTIVES} are answered`);
      }
    },
  };
};

interface Counts {
  readonly aliases: number;
  readonly directives: number;
}

/** Counts each fragment once, however often it is spread, so that the work grows with the document alone. */
function countIn(document: DocumentNode): (operation: OperationDefinitionNode) => Counts {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const known = new Map<string, Counts>();
  const ofFragment = (name: string): Counts => {
    const counted = known.get(name);
    if (counted !== undefined) return counted;
    // While it is counted a fragment counts as nothing: a cycle is refused by another rule.
    known.set(name, { aliases: 0, directives: 0 });
    const fragment = fragments.get(name);
    const counts = fragment === undefined ? { aliases: 0, directives: 0 } : count(fragment);
    known.set(name, counts);
    return counts;
  };
  const count = (root: ASTNode): Counts => {
    let aliases = 0;
    let directives = 0;
    visit(root, {
      Field: ({ alias }) => {
        if (alias !== undefined) aliases += 1;
      },
      Directive: () => {
        directives += 1;
      },
      FragmentSpread: ({ name }) => {
        const inside = ofFragment(name.value);
        aliases += inside.aliases;
        directives += inside.directives;
      },
    });
    return { aliases, directives };
  };
  return count;
}
