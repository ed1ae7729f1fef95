/** Starts the analyst's page. */
import { render } from 'preact';
import { createApi, takeToken } from '../shared/api.ts';
import { showTheme, storedTheme } from '../shared/theme.ts';
import { SqlPage } from './page.tsx';

showTheme(storedTheme());
render(<SqlPage api={createApi(takeToken())} />, document.body);
