import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Catalog, EventType } from '../../engine/catalog.ts';
import type { Json } from '../../engine/state.ts';
import type { DetailsIssue } from './errors.ts';

const validators = new WeakMap<Catalog, Map<string, ValidateFunction>>();

/** Everything in which the details differ from what the event type declares. Empty when they fit. */
export function detailsIssues(catalog: Catalog, type: EventType, details: Json): DetailsIssue[] {
  const validate = validatorOf(catalog, type);
  return validate(details) ? [] : (validate.errors ?? []).map(toIssue);
}

function validatorOf(catalog: Catalog, type: EventType): ValidateFunction {
  let own = validators.get(catalog);
  if (own === undefined) {
    own = compileAll(catalog);
    validators.set(catalog, own);
  }
  const validate = own.get(type.key);
  if (validate === undefined) throw new Error(`event type ${type.key} is not of this catalog`);
  return validate;
}

function compileAll(catalog: Catalog): Map<string, ValidateFunction> {
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  addFormats.default(ajv);
  return new Map([...catalog.eventTypes.values()].map((type) => [type.key, ajv.compile(type.detailsSchema)]));
}

function toIssue(error: ErrorObject): DetailsIssue {
  if (error.keyword === 'additionalProperties') {
    return { path: `${error.instancePath}/${error.params['additionalProperty']}`, message: 'is not declared' };
  }
  return { path: error.instancePath, message: error.message ?? 'does not fit' };
}
