/** The OpenAPI document as tests read it: its operations, and whether a reply is what it says of them. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

export interface ShownExample {
  readonly summary: string;
  readonly value: unknown;
  /** Method, path and query of the request it is the reply to. */
  readonly 'x-request'?: string;
}
export interface Media {
  readonly schema?: object;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, ShownExample>>;
}
export type Content = Readonly<Record<string, Media>>;
export interface DocumentedParameter {
  readonly name: string;
  readonly in: 'query' | 'path';
  readonly schema: { readonly type?: string };
  readonly example?: unknown;
}
export interface DocumentedOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly DocumentedParameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
}
export interface ApiDocument {
  readonly tags: readonly { readonly name: string }[];
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
}

export interface NamedOperation extends DocumentedOperation {
  readonly method: string;
  readonly path: string;
}
export const operationsOf = ({ paths }: ApiDocument): readonly NamedOperation[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, of]) => ({ ...of, method: method.toUpperCase(), path })),
  );

/** The schema, no object of which may hold a field it does not name. */
const closed = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [key, closed(value)] as const);
  const isOpen = 'properties' in schema && !('additionalProperties' in schema);
  return Object.fromEntries(isOpen ? [...entries, ['additionalProperties', false]] : entries);
};

/** Compiles schemas of the document. Throws for one that is no JSON Schema of 2020-12. */
export const schemaCompiler = ({ components }: ApiDocument): ((schema: object) => ValidateFunction) => {
  const ajv = new Ajv2020({ strict: true, allErrors: true, strictTypes: false, strictRequired: false });
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
  ajv.addKeyword('components');
  return (schema) => ajv.compile({ ...(closed(schema) as object), components: closed(components) });
};
