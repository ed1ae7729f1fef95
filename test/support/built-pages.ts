/** Before any test: the pages as they are now, so that no test meets those of yesterday. */
export { buildPages as setup } from '../../query-api/pages/build.ts';
