import { expect, test } from 'vitest';
import { csvLine } from '../../../query-api/csv.ts';

test.each([
  [['a', 1, null, 0.5], 'a,1,,0.5\r\n'],
  [['say "hi"', 'a,b', 'two\nlines'], '"say ""hi""","a,b","two\nlines"\r\n'],
  [['=1+1', '+49', '-x', '@cmd', '\tx'], "'=1+1,'+49,'-x,'@cmd,'\tx\r\n"],
  [['\n=1+1', '\0=1', '＝1+1', '＋1', '－1', '＠x'], "\"'\n=1+1\",'\0=1,'＝1+1,'＋1,'－1,'＠x\r\n"],
  [[-1], '-1\r\n'],
])('%j', (values, expected) => {
  expect(csvLine(values)).toBe(expected);
});
