/** Lists the operations of /openapi.json with their parameters. */

/** @type {(name: string, text?: string) => HTMLElement} */
const element = (name, text = '') => {
  const created = document.createElement(name);
  created.textContent = text;
  return created;
};

/** @typedef {{ name: string, description?: string, schema?: { description?: string, type?: string } }} Parameter */
/** @typedef {{ summary?: string, description?: string, parameters?: Parameter[] }} Operation */

/** @type {(parameters: Parameter[]) => HTMLElement} */
const tableOf = (parameters) => {
  const table = element('table');
  for (const { name, description, schema } of parameters) {
    const row = element('tr');
    row.append(element('td', name), element('td', description ?? schema?.description ?? schema?.type ?? ''));
    table.append(row);
  }
  return table;
};

/** @type {{ paths: Record<string, Record<string, Operation>> }} */
const api = await (await fetch('/openapi.json')).json();
const operations = document.getElementById('operations');
for (const [path, methods] of Object.entries(api.paths)) {
  for (const [method, { summary, description, parameters }] of Object.entries(methods)) {
    operations?.append(
      element('h2', `${method.toUpperCase()} ${path}`),
      element('p', [summary, description].filter(Boolean).join('. ')),
      tableOf(parameters ?? []),
    );
  }
}

export {};
