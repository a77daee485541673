//! The names of months and weekdays in each language, as CLDR 48 has them (Unicode's Common Locale Data Repository, `gregorian`).

use super::language::{Language, Ordinals};

/// The language where none is named.
pub(in crate::date_time) const ENGLISH: &Language = &LANGUAGES[0];

/// Every language, by its ISO 639 code.
#[rustfmt::skip]
pub(in crate::date_time) const LANGUAGES: &[Language] = &[
    Language {
        code: "en", ordinals: Ordinals::English, day: "MM/DD/YYYY", long: "MMMM D, YYYY", weekday: "dddd, ", time: "h:mm A",
        months: "January February March April May June July August September October November December", alone: "",
        short: "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
        weekdays: "Sunday Monday Tuesday Wednesday Thursday Friday Saturday", weekdays_short: "Sun Mon Tue Wed Thu Fri Sat",
        also: &[("Sept", 8)],
    },
    Language {
        code: "de", ordinals: Ordinals::Dot, day: "DD.MM.YYYY", long: "D. MMMM YYYY", weekday: "dddd, ", time: "HH:mm",
        months: "Januar Februar März April Mai Juni Juli August September Oktober November Dezember", alone: "",
        short: "Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.",
        weekdays: "Sonntag Montag Dienstag Mittwoch Donnerstag Freitag Samstag", weekdays_short: "So Mo Di Mi Do Fr Sa",
        // Written without umlauts, and as Austria has them.
        also: &[("Mär", 2), ("Mrz", 2), ("Maerz", 2), ("Jun", 5), ("Jul", 6), ("Sep", 8), ("Jänner", 0), ("Jän", 0), ("Feber", 1)],
    },
    Language {
        code: "fr", ordinals: Ordinals::FirstEr, day: "DD/MM/YYYY", long: "D MMMM YYYY", weekday: "dddd ", time: "HH:mm",
        months: "janvier février mars avril mai juin juillet août septembre octobre novembre décembre", alone: "",
        short: "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
        weekdays: "dimanche lundi mardi mercredi jeudi vendredi samedi", weekdays_short: "dim. lun. mar. mer. jeu. ven. sam.",
        also: &[("jan", 0), ("fév", 1)],
    },
    Language {
        code: "es", ordinals: Ordinals::Raised, day: "DD/MM/YYYY", long: "D [de] MMMM [de] YYYY", weekday: "dddd, ", time: "H:mm",
        months: "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre", alone: "",
        short: "ene feb mar abr may jun jul ago sept oct nov dic",
        weekdays: "domingo lunes martes miércoles jueves viernes sábado", weekdays_short: "dom lun mar mié jue vie sáb",
        also: &[("sep", 8), ("setiembre", 8), ("set", 8)],
    },
    Language {
        code: "it", ordinals: Ordinals::Raised, day: "DD/MM/YYYY", long: "D MMMM YYYY", weekday: "dddd ", time: "HH:mm",
        months: "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre", alone: "",
        short: "gen feb mar apr mag giu lug ago set ott nov dic",
        weekdays: "domenica lunedì martedì mercoledì giovedì venerdì sabato", weekdays_short: "dom lun mar mer gio ven sab",
        also: &[("sett", 8)],
    },
    Language {
        code: "nl", ordinals: Ordinals::E, day: "DD-MM-YYYY", long: "D MMMM YYYY", weekday: "dddd ", time: "HH:mm",
        months: "januari februari maart april mei juni juli augustus september oktober november december", alone: "",
        short: "jan feb mrt apr mei jun jul aug sep okt nov dec",
        weekdays: "zondag maandag dinsdag woensdag donderdag vrijdag zaterdag", weekdays_short: "zo ma di wo do vr za",
        also: &[("sept", 8)],
    },
    Language {
        code: "pt", ordinals: Ordinals::Raised, day: "DD/MM/YYYY", long: "D [de] MMMM [de] YYYY", weekday: "dddd, ", time: "HH:mm",
        months: "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro", alone: "",
        short: "jan. fev. mar. abr. mai. jun. jul. ago. set. out. nov. dez.",
        weekdays: "domingo segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado",
        weekdays_short: "dom. seg. ter. qua. qui. sex. sáb.",
        also: &[],
    },
    Language {
        code: "pl", ordinals: Ordinals::Dot, day: "DD.MM.YYYY", long: "D MMMM YYYY", weekday: "dddd, ", time: "HH:mm",
        months: "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
        alone: "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień",
        short: "sty lut mar kwi maj cze lip sie wrz paź lis gru",
        weekdays: "niedziela poniedziałek wtorek środa czwartek piątek sobota", weekdays_short: "niedz. pon. wt. śr. czw. pt. sob.",
        also: &[],
    },
    Language {
        code: "sv", ordinals: Ordinals::None, day: "YYYY-MM-DD", long: "D MMMM YYYY", weekday: "dddd ", time: "HH:mm",
        months: "januari februari mars april maj juni juli augusti september oktober november december", alone: "",
        short: "jan. feb. mars apr. maj juni juli aug. sep. okt. nov. dec.",
        weekdays: "söndag måndag tisdag onsdag torsdag fredag lördag", weekdays_short: "sön mån tis ons tors fre lör",
        also: &[("mar", 2), ("jun", 5), ("jul", 6), ("sept", 8)],
    },
    Language {
        code: "da", ordinals: Ordinals::Dot, day: "DD.MM.YYYY", long: "D. MMMM YYYY", weekday: "dddd [den] ", time: "HH.mm",
        months: "januar februar marts april maj juni juli august september oktober november december", alone: "",
        short: "jan. feb. mar. apr. maj jun. jul. aug. sep. okt. nov. dec.",
        weekdays: "søndag mandag tirsdag onsdag torsdag fredag lørdag", weekdays_short: "søn. man. tirs. ons. tors. fre. lør.",
        also: &[("sept", 8)],
    },
    Language {
        code: "nb", ordinals: Ordinals::Dot, day: "DD.MM.YYYY", long: "D. MMMM YYYY", weekday: "dddd ", time: "HH:mm",
        months: "januar februar mars april mai juni juli august september oktober november desember", alone: "",
        short: "jan. feb. mars apr. mai juni juli aug. sep. okt. nov. des.",
        weekdays: "søndag mandag tirsdag onsdag torsdag fredag lørdag", weekdays_short: "søn. man. tir. ons. tor. fre. lør.",
        also: &[("mar", 2), ("jun", 5), ("jul", 6), ("sept", 8)],
    },
    Language {
        code: "fi", ordinals: Ordinals::Dot, day: "D.M.YYYY", long: "D. MMMM YYYY", weekday: "dddd ", time: "H.mm",
        months: "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta marraskuuta joulukuuta",
        alone: "tammikuu helmikuu maaliskuu huhtikuu toukokuu kesäkuu heinäkuu elokuu syyskuu lokakuu marraskuu joulukuu",
        short: "tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu",
        weekdays: "sunnuntai maanantai tiistai keskiviikko torstai perjantai lauantai", weekdays_short: "su ma ti ke to pe la",
        also: &[],
    },
    Language {
        code: "cs", ordinals: Ordinals::Dot, day: "DD.MM.YYYY", long: "D. MMMM YYYY", weekday: "dddd ", time: "H:mm",
        months: "ledna února března dubna května června července srpna září října listopadu prosince",
        alone: "leden únor březen duben květen červen červenec srpen září říjen listopad prosinec",
        short: "led úno bře dub kvě čvn čvc srp zář říj lis pro",
        weekdays: "neděle pondělí úterý středa čtvrtek pátek sobota", weekdays_short: "ne po út st čt pá so",
        also: &[],
    },
];
