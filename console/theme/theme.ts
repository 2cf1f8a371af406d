import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

/** The one accent: a calm petrol blue. */
const accent: MantineColorsTuple = [
  '#e6f3f7',
  '#d3e4ea',
  '#a8c9d4',
  '#79acbd',
  '#5294a9',
  '#39859d',
  '#2a7e98',
  '#1a6c85',
  '#0a6078',
  '#00536a',
];

/** Text that steps back keeps its contrast, and surfaces are those of tokens.css. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: { '--mantine-color-dimmed': '#55606b', '--mantine-color-body': '#ffffff' },
  dark: {
    '--mantine-color-dimmed': '#a3adb8',
    '--mantine-color-body': '#1c2127',
    '--mantine-color-default': '#252b32',
    '--mantine-color-default-border': '#434c56',
    '--mantine-color-anchor': '#79c4dc',
  },
});

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 8, dark: 7 },
  colors: { accent },
  defaultRadius: 'sm',
  fontFamily: 'system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  headings: { fontWeight: '600', sizes: { h1: { fontSize: '1.25rem' }, h2: { fontSize: '1rem' } } },
  components: {
    Button: { defaultProps: { size: 'sm' } },
    TextInput: { defaultProps: { size: 'sm' } },
    Tooltip: { defaultProps: { withArrow: true } },
  },
});
