export default function App() {
  return <html lang="en"><body>site</body></html>;
}
