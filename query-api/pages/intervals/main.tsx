import { render } from 'preact';
import { Header } from '../shared/header.tsx';

render(<Header page="intervals" />, document.body);
