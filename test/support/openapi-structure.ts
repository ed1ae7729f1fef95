/** OpenAPI 3.1 as a JSON Schema: what this API's document may hold, stricter than the specification where it leaves a choice. */

const text = { type: 'string', minLength: 1 } as const;
const object = (
  properties: Readonly<Record<string, object>>,
  required: readonly string[],
  more: object = {},
) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
  patternProperties: { '^x-': {} },
  ...more,
});
const mapOf = (values: object, more: object = {}) => ({
  type: 'object',
  additionalProperties: values,
  ...more,
});

const example = object({ summary: text, description: text, value: {} }, ['summary', 'value']);
/** What a schema may be is JSON Schema’s own matter: each is compiled. */
const schema = { type: 'object' };
const media = {
  ...object({ schema, example: {}, examples: mapOf(example, { minProperties: 1 }) }, []),
  not: { required: ['example', 'examples'] },
};
const content = mapOf(media, { minProperties: 1, propertyNames: { pattern: '^[a-z]+/[a-z0-9.+-]+$' } });
const header = object({ description: text, schema }, ['description', 'schema']);
const response = object({ description: text, headers: mapOf(header), content }, ['description']);
const parameter = {
  ...object(
    {
      name: text,
      in: { enum: ['query', 'path'] },
      description: text,
      required: { type: 'boolean' },
      schema,
      example: {},
    },
    ['name', 'in', 'description', 'required', 'schema'],
  ),
  anyOf: [{ properties: { in: { const: 'query' } } }, { properties: { required: { const: true } } }],
};
const requirement = mapOf({ type: 'array', items: text }, { minProperties: 1, maxProperties: 1 });
const operation = object(
  {
    operationId: { type: 'string', pattern: '^[a-z][A-Za-z]+$' },
    summary: text,
    description: text,
    tags: { type: 'array', items: text, minItems: 1, maxItems: 1 },
    security: { type: 'array', items: requirement, maxItems: 1 },
    parameters: { type: 'array', items: parameter },
    requestBody: object({ required: { const: true }, description: text, content }, ['required', 'content']),
    responses: mapOf(response, {
      minProperties: 2,
      propertyNames: { pattern: '^([1-5]\\d\\d|default)$' },
    }),
  },
  ['operationId', 'summary', 'description', 'tags', 'security', 'responses'],
);

export const OPENAPI_STRUCTURE = object(
  {
    openapi: { type: 'string', pattern: '^3\\.1\\.\\d+$' },
    info: object({ title: text, version: text, description: text }, ['title', 'version', 'description']),
    tags: {
      type: 'array',
      items: object({ name: text, description: text }, ['name', 'description']),
      uniqueItems: true,
    },
    components: object(
      {
        schemas: mapOf(schema),
        securitySchemes: mapOf(
          object({ type: { const: 'http' }, scheme: { const: 'bearer' }, description: text }, [
            'type',
            'scheme',
          ]),
        ),
      },
      ['schemas', 'securitySchemes'],
    ),
    paths: mapOf(object({ get: operation, post: operation }, [], { minProperties: 1 }), {
      propertyNames: { pattern: '^/' },
    }),
  },
  ['openapi', 'info', 'tags', 'components', 'paths'],
);
