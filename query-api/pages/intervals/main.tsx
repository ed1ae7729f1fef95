/** Starts the planner's page. */
import { render } from 'preact';
import { createApi, takeToken } from '../shared/api.ts';
import { showTheme, storedTheme } from '../shared/theme.ts';
import { IntervalsPage } from './page.tsx';

showTheme(storedTheme());
render(<IntervalsPage api={createApi(takeToken())} />, document.body);
