import { render } from 'preact';
import { Header } from '../shared/header.tsx';

render(<Header page="sql" />, document.body);
