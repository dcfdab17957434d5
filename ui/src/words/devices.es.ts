import type { devices as en } from "./devices.en";

export const devices: typeof en = {
  title: "Dispositivos y sincronización",
  listTitle: "Dispositivos",
  listHint: "Cada uno tiene su propia copia de todo, sellada.",
  here: "Este dispositivo",
  unnamed: "Un dispositivo sin nombre",
  platforms: { linux: "Linux", macos: "macOS", windows: "Windows" },
  seen: (when) => `última noticia ${when}`,
  seenNever: "aún sin noticias",
  verified: (n) => (n === 1 ? "verificó 1 clave" : `verificó ${n} claves`),
  alone: "Solo este. Otro se une con el kit y tu contraseña.",
  asOf: (when) => `Según la última sincronización, ${when}.`,
  reading: "Leyendo…",
  why: {
    keychain: {
      behind: "Se están haciendo las copias para el llavero. Mientras tanto la caché lo tiene todo.",
      off: "Keymoor se inició sin llavero. Tu contraseña abre la caché; no hay que hacer nada.",
      unreachable: "El llavero no responde, está lleno o falló. Lo que guardas está en la caché. Inicia el llavero de este equipo y vuelve a intentarlo.",
      locked: "El llavero está bloqueado. Lo que guardas está en la caché, y su copia llega cuando se desbloquee.",
      damaged: "Una entrada del llavero no se abre. Los otros sitios tienen tus claves. Ejecuta keymoor doctor --repair en una terminal.",
    },
    cache: {
      unreachable: "El disco no deja leer a Keymoor. El llavero tiene copias selladas. Revisa el disco y los permisos de la carpeta.",
      damaged: "La caché tiene algo que no se abre. El llavero tiene copias selladas. Ejecuta keymoor doctor --repair en una terminal.",
    },
    server: {
      behind: "Algunos cambios aún no se han enviado. Están a salvo aquí y salen con la próxima sincronización.",
      off: "La sincronización está desactivada.",
      not_set_up: "La sincronización no está activada: tus claves están solo en este dispositivo. Con ella están también en los demás.",
      sign_in: "El servidor pide tu contraseña otra vez. Los cambios esperan aquí hasta que inicies sesión.",
      unreachable: "El servidor no responde, o no hay red. Todo está aquí y se puede usar; los cambios salen solos cuando vuelva.",
      locked: "La sesión está en el llavero, que está bloqueado.",
      damaged: "Las cuentas del servidor no salen. Lo de aquí se sigue pudiendo leer.",
    },
  },
  alarms: "Alarmas",
  kitTitle: "Kit",
  kit: "Un dispositivo nuevo se une con el archivo del kit que se guardó al activar la sincronización y tu contraseña. El archivo de recuperación lo abre todo sin contraseña: guárdalos por separado.",
  kitAlone: "El kit y un archivo de recuperación se hacen al activar la sincronización. Sin ella, keymoor account kit en una terminal hace un archivo de recuperación.",
};
